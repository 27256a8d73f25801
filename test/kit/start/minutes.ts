/** Variables with which nothing that has to succeed fails on a slow machine: every timeout takes minutes. */
export const TIMEOUTS_OF_MINUTES = {
  REQUEST_TIMEOUT_MS: "500000",
  OPERATION_LEASE_MS: "600000",
  AVIBRA_TIMEOUT_MS: "500000",
  DELBANK_TIMEOUT_MS: "500000",
  CONNECT_TIMEOUT_MS: "500000",
} as const;
