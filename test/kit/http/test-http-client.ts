import { createHttpClient, type HttpClientOptions } from "../../../src/platform/http/client/http-client";
import { systemClock } from "../../../src/platform/kernel/clock";
import { monotonicClock } from "../../../src/platform/kernel/monotonic-clock";

/** The program's HTTP client for a provider, with few concurrent calls and circuit breakers that rarely open. */
export function createTestHttpClient(options: Pick<HttpClientOptions, "baseUrl"> & Partial<HttpClientOptions>) {
  return createHttpClient({
    guard: { concurrency: 4, queueLength: 10, minCalls: 100, failurePercent: 50, slowCallMs: 5000, openMs: 1000 },
    retryPercent: 100,
    clock: systemClock,
    monotonic: monotonicClock,
    random: () => 0.5,
    sleep: () => Promise.resolve(),
    connectTimeoutMs: 2000,
    maxBodyBytes: 100_000,
    ...options,
  });
}
