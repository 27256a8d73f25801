import { type AuthenticationFailure } from "../platform/auth/authentication-failure";
import { type MonotonicClock } from "../platform/kernel/monotonic-clock";
import { type Logger } from "../platform/observability/logger";
import { type Metrics } from "../platform/observability/metrics";
import { createRateLimit } from "../platform/observability/rate-limit";

const LINE_INTERVAL_MS = 10_000;

export type ReportAuthenticationFailure = (reason: AuthenticationFailure) => void;

/** Counts each refused request by reason, and logs one line for each reason in 10 seconds, with the number of those left out. */
export function createAuthenticationLog(
  logger: Logger,
  metrics: Pick<Metrics, "recordAuthenticationFailure">,
  monotonic: MonotonicClock,
): ReportAuthenticationFailure {
  const rateLimit = createRateLimit(LINE_INTERVAL_MS, monotonic);
  return (reason) => {
    metrics.recordAuthenticationFailure(reason);
    const leftOut = rateLimit.admit(reason);
    if (leftOut !== undefined) logger.info({ reason, leftOut }, "request refused: not authenticated");
  };
}
