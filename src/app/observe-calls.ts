import { describeError } from "../platform/errors/describe-error";
import { type BreakerTransition } from "../platform/http/client/circuit-breakers";
import { type HttpClientOptions } from "../platform/http/client/http-client";
import { type ReadSource } from "../platform/reads/read-cache";
import { type Logger } from "../platform/observability/logger";
import { type Metrics } from "../platform/observability/metrics";
import { operationScope } from "../platform/observability/operation-scope";
import { createRequestScope, requestScope } from "../platform/graphql/request-scope";

/** Called for each attempt at a provider call. */
export type CallObserver = Required<Pick<HttpClientOptions, "onAttemptSend" | "onAttemptEnd">>;

/** Logs and counts every attempt at a provider call, and adds it to the cost of its request. Failures are warnings, the rest is debug. */
export function observeCalls(logger: Logger, metrics: Metrics): CallObserver {
  // Counted when it is sent, not when it ends: a request that is out of time does not wait for the end.
  const onAttemptSend: CallObserver["onAttemptSend"] = ({ call, attempt }) => {
    const upstream = requestScope.getStore()?.upstream;
    if (upstream) upstream.calls += 1;
    if (attempt === 1) return;
    metrics.recordRetry(call);
    if (upstream) upstream.retries += 1;
  };
  const onAttemptEnd: CallObserver["onAttemptEnd"] = (report) => {
    const { call, attempt, durationMs, failure } = report;
    const scope = requestScope.getStore();
    metrics.recordCall(report);
    const operation = operationScope.getStore();
    const fields = {
      requestId: scope?.id ?? operation?.requestId,
      operationId: operation?.operationId,
      call,
      attempt,
      durationMs: Math.round(durationMs * 10) / 10,
    };
    if (failure?.kind === "cancelled") logger.debug(fields, "provider call cancelled");
    else if (failure) logger.warn({ ...fields, ...describeError(failure) }, "provider call failed");
    else logger.debug(fields, "provider call");
  };
  return { onAttemptSend, onAttemptEnd };
}

/** Logs and counts each change of a circuit breaker's state. */
export function observeBreakers(logger: Logger, metrics: Metrics) {
  return (group: string, { from, to }: BreakerTransition): void => {
    metrics.recordBreakerTransition(group, to);
    logger[to === "open" ? "warn" : "info"]({ group, from, to }, "circuit breaker changed");
  };
}

/** The same observer for calls that serve all requests: its log lines name the request that started the call, but it adds no cost. */
export function withoutAttribution({ onAttemptSend, onAttemptEnd }: CallObserver): CallObserver {
  const onAttemptSendUnattributed: CallObserver["onAttemptSend"] = (attempt) => {
    requestScope.run(createRequestScope(""), onAttemptSend, attempt);
  };
  return { onAttemptSend: onAttemptSendUnattributed, onAttemptEnd };
}

/** Counts where the result of a read came from, and adds it to the cost of its request. */
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
