import { createTestClocks } from "../clocks";

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
