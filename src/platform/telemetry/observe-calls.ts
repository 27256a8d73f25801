import { describeError } from "../errors/describe-error";
import { type CallReport } from "../http-client/http-client";
import { type ReadSource } from "../loaders/shared-reads";
import { type Logger } from "./logger";
import { type Metrics } from "./metrics";
import { createRequestScope, requestScope } from "./request-scope";

/** Tells log, metrics and the request itself of every attempt at a provider call. Failures are warnings, the rest debug. */
export function observeCalls(logger: Logger, metrics: Metrics): (report: CallReport) => void {
  return (report) => {
    const { call, attempt, durationMs, failure } = report;
    const scope = requestScope.getStore();
    metrics.call(report);
    if (scope && !failure?.isOurs) {
      scope.upstream.calls += 1;
      if (attempt > 1) scope.upstream.retries += 1;
    }
    const fields = { requestId: scope?.id, call, attempt, durationMs: Math.round(durationMs * 10) / 10 };
    if (failure) logger.warn({ ...fields, ...describeError(failure) }, "provider call failed");
    else logger.debug(fields, "provider call");
  };
}

/** As `onCall`, for what is fetched for everybody: its lines name the request that it began in, which it costs nothing. */
export function atNobodysCost(onCall: (report: CallReport) => void): (report: CallReport) => void {
  return (report) => {
    const scope = requestScope.getStore();
    if (scope) requestScope.run(createRequestScope(scope.id), onCall, report);
    else onCall(report);
  };
}

/** Tells metrics and the request itself where a read's answer came from. */
export function observeReads(metrics: Metrics): (source: ReadSource) => void {
  return (source) => {
    metrics.read(source);
    const upstream = requestScope.getStore()?.upstream;
    if (!upstream || source === "call") return;
    if (source === "coalesced") upstream.coalesced += 1;
    else upstream.cacheHits += 1;
    if (source === "stale") upstream.stale += 1;
  };
}
