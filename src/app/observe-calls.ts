import { describeError } from "../platform/errors/describe-error";
import { type HttpClientOptions } from "../platform/http/client/http-client";
import { type ReadSource } from "../platform/reads/read-cache";
import { type Logger } from "../platform/observability/logger";
import { type Metrics } from "../platform/observability/metrics";
import { createRequestScope, requestScope } from "../platform/graphql/request-scope";

/** Who is told of attempts at provider calls. */
export type CallObserver = Required<Pick<HttpClientOptions, "onSend" | "onCall">>;

/** Tells log, metrics and the request itself of every attempt at a provider call. Failures are warnings, the rest debug. */
export function observeCalls(logger: Logger, metrics: Metrics): CallObserver {
  // When it is sent, not when it ends: an operation that is out of time does not wait for it.
  const onSend: CallObserver["onSend"] = ({ call, attempt }) => {
    const upstream = requestScope.getStore()?.upstream;
    if (upstream) upstream.calls += 1;
    if (attempt === 1) return;
    metrics.recordRetry(call);
    if (upstream) upstream.retries += 1;
  };
  const onCall: CallObserver["onCall"] = (report) => {
    const { call, attempt, durationMs, failure } = report;
    const scope = requestScope.getStore();
    metrics.recordCall(report);
    const fields = { requestId: scope?.id, call, attempt, durationMs: Math.round(durationMs * 10) / 10 };
    if (failure) logger.warn({ ...fields, ...describeError(failure) }, "provider call failed");
    else logger.debug(fields, "provider call");
  };
  return { onSend, onCall };
}

/** As the observer, for what is fetched for everybody: its lines name the request that it began in, which it costs nothing. */
export function withoutAttribution({ onSend, onCall }: CallObserver): CallObserver {
  const onSendUnattributed: CallObserver["onSend"] = (attempt) => {
    requestScope.run(createRequestScope(""), onSend, attempt);
  };
  return { onSend: onSendUnattributed, onCall };
}

/** Tells metrics and the request itself where a read's answer came from. */
export function observeReads(metrics: Metrics): (source: ReadSource) => void {
  return (source) => {
    metrics.recordRead(source);
    const upstream = requestScope.getStore()?.upstream;
    if (!upstream || source === "call") return;
    if (source === "coalesced") upstream.coalesced += 1;
    else upstream.cacheHits += 1;
    if (source === "stale") upstream.stale += 1;
  };
}
