/**
 * Variables under which everything has time, however slow the machine is: for a test in which nothing may time out. A test of a
 * timeout sets that one variable to the contrary.
 */
export const PATIENT = {
  CONNECT_TIMEOUT_MS: "120000",
  AVIBRA_TIMEOUT_MS: "120000",
  DELBANK_TIMEOUT_MS: "120000",
  REQUEST_TIMEOUT_MS: "300000",
  OPERATION_LEASE_MS: "400000",
  WEBHOOK_BODY_TIMEOUT_MS: "120000",
};
