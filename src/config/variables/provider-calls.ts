import { integer, timeoutMs } from "../values";
import { variable, type ValuesOf } from "../variable";

export type ProviderCallsConfig = ValuesOf<typeof providerCallsVariables>;

/** Calls to any provider: connections, queue, retries, circuit breakers. */
export const providerCallsVariables = {
  connectTimeoutMs: variable(
    "CONNECT_TIMEOUT_MS",
    timeoutMs(2000),
    "maximum time to connect to a provider, in milliseconds",
  ),
  queueLength: variable(
    "QUEUE_LENGTH",
    integer(0, 100_000, 500),
    "maximum number of calls that wait for one provider; more are rejected",
  ),
  retryPercent: variable(
    "RETRY_PERCENT",
    integer(0, 100, 10),
    "maximum number of retries for every 100 calls to a provider; 0 disables retries",
  ),
  breakerMinCalls: variable(
    "BREAKER_MIN_CALLS",
    integer(1, 10_000, 20),
    "minimum number of calls before a circuit breaker can open",
  ),
  breakerFailurePercent: variable(
    "BREAKER_FAILURE_PERCENT",
    integer(1, 99, 50),
    "percentage of failed calls, of the last ones, that opens a circuit breaker",
  ),
  breakerOpenMs: variable(
    "BREAKER_OPEN_MS",
    timeoutMs(5000),
    "time for which an open circuit breaker rejects calls, in milliseconds",
  ),
};
