import { createTestClocks } from "../clocks";

/** Timeouts that never end a call or a request, however slow the machine is. A test overrides the one that must fire. */
export const NO_TIMEOUTS = {
  REQUEST_TIMEOUT_MS: "120000",
  OPERATION_LEASE_MS: "180000", // must be longer
  AVIBRA_TIMEOUT_MS: "600000",
  DELBANK_TIMEOUT_MS: "600000",
  CONNECT_TIMEOUT_MS: "600000",
};

/**
 * The time of the providers' clients, moved by a test: `advance` moves the clocks of retries, circuit breakers and access tokens.
 * A delay before a retry is recorded in `delays` and takes no time.
 */
export function createProviderTime() {
  const delays: number[] = [];
  const { clock, monotonic, advance } = createTestClocks(Date.parse("2026-10-21T07:28:00Z"));
  const sleep = (ms: number): Promise<void> => {
    delays.push(ms);
    return Promise.resolve();
  };
  return { clock, monotonic, advance, sleep, delays };
}
