import { type AxiosResponse } from "axios";
import { type Deadline } from "../../kernel/deadline";
import { type Clock } from "../../kernel/clock";
import { type MonotonicClock, msSince } from "../../kernel/monotonic-clock";
import { createAttempts, createUnsentFailure, type Exchange } from "./attempt";
import { ProviderFailure } from "./provider-failure";
import { type EndpointCall } from "./endpoint-call";
import { createProviderGuard, type GuardOptions, type ProviderGuard } from "./provider-guard";
import { isNotFound, parseResponse } from "./parse-response";
import { computeRetryDelayMs } from "./retry-delay";
import { createRetryBudget } from "./retry-budget";
import { createTransport, type TransportOptions } from "./undici-transport";

/** Duration and outcome of one attempt, for logs and metrics. */
export interface AttemptReport {
  readonly call: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly durationMs: number;
  readonly failure?: ProviderFailure;
}

/** Sends provider calls; every failure is a `ProviderFailure`. */
export interface HttpClient {
  readonly call: <Result>(call: EndpointCall<Result>, deadline: Deadline) => Promise<Result>;
  /** Like `call`, but resolves to null for a 404. A 404 with an HTML page is a failure. */
  readonly find: <Result>(call: EndpointCall<Result>, deadline: Deadline) => Promise<Result | null>;
  /** Takes one retry from the host's retry budget; false if none is left. For callers that repeat keyed calls themselves. */
  readonly acquireRetry: () => boolean;
  /** For health and metrics: active and queued calls, and the circuit breakers. */
  readonly state: ProviderGuard["state"];
  readonly closeCircuits: ProviderGuard["closeCircuits"];
  close(): Promise<void>;
}

export interface HttpClientOptions extends Omit<TransportOptions, "connections"> {
  readonly guard: Omit<GuardOptions, "monotonic">;
  /** Maximum number of retries per 100 calls. */
  readonly retryPercent: number;
  readonly clock: Clock;
  readonly monotonic: MonotonicClock;
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Called for each attempt when it is sent. */
  readonly onAttemptSend?: (sent: Pick<AttemptReport, "call" | "attempt">) => void;
  /** Called for each attempt when it ends, whether or not it succeeded or was sent. */
  readonly onAttemptEnd?: (report: AttemptReport) => void;
}

/** Creates the HTTP client of one host of a provider, with its own connections, bulkhead, circuit breakers and retry budget. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { onAttemptSend, onAttemptEnd, clock, monotonic, random, sleep } = options;
  const transport = createTransport({ ...options, connections: options.guard.concurrency });
  const guard = createProviderGuard({ ...options.guard, monotonic });
  const retries = createRetryBudget(options.retryPercent);
  const startAttempt = createAttempts(transport);

  /** One attempt within the deadline: sent when a slot is free, parsed and reported. Its own timeout starts when it is sent. */
  async function attemptOnce<Result>(exchange: Exchange<Result>, attempt: number): Promise<Result> {
    const { name: call } = exchange.call;
    const { deadline } = exchange;
    if (deadline.remainingMs() <= 0 || deadline.signal?.aborted) throw createUnsentFailure(call, deadline);
    const startedAt = monotonic.now();
    const report = (failure?: ProviderFailure) =>
      onAttemptEnd?.({ call, attempt, durationMs: msSince(startedAt, monotonic), ...(failure && { failure }) });
    const { send, signal, toFailure, end } = startAttempt(exchange, onAttemptSend?.bind(undefined, { call, attempt }));
    try {
      const result = await guard.run(call, send, signal);
      report();
      return result;
    } catch (error) {
      const failure = toFailure(error);
      report(failure);
      throw failure;
    } finally {
      end();
    }
  }

  /** Retries `safe` calls, unless their caller does. Keyed calls are retried by the operation worker, which has their key. */
  async function sendWithRetry<Result>(exchange: Exchange<Result>): Promise<Result> {
    const { call, deadline } = exchange;
    const first = call.attempt ?? 1;
    if (first === 1) retries.earn();
    for (let attempt = first; ; attempt += 1) {
      try {
        return await attemptOnce(exchange, attempt);
      } catch (error) {
        const isRepeatedByCaller = call.repeat !== "safe" || call.attempt !== undefined;
        if (isRepeatedByCaller || !(error instanceof ProviderFailure)) throw error;
        const failed = { repeat: call.repeat, failure: error, attempt, remainingMs: deadline.remainingMs() };
        const delayMs = computeRetryDelayMs({ ...failed, random: random(), now: clock.now() });
        if (delayMs === undefined || !retries.spend()) throw error;
        await sleep(delayMs);
      }
    }
  }

  return {
    call: (call, deadline) => sendWithRetry({ call, deadline, parse: (response) => parseResponse(call, response) }),
    find: (call, deadline) => {
      const parse = (response: AxiosResponse<string>) => (isNotFound(response) ? null : parseResponse(call, response));
      return sendWithRetry({ call, deadline, parse });
    },
    acquireRetry: () => retries.spend(),
    state: () => guard.state(),
    closeCircuits: guard.closeCircuits,
    close: () => transport.close(),
  };
}
