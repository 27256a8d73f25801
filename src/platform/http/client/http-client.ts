import axios, { type AxiosResponse } from "axios";
import { type Deadline } from "../../kernel/deadline";
import { type Clock } from "../../kernel/clock";
import { type MonotonicClock, msSince } from "../../kernel/monotonic-clock";
import { toProviderFailure } from "./classify-failure";
import { ProviderFailure } from "./provider-failure";
import { type EndpointCall } from "./endpoint-call";
import { createProviderGuard, type GuardOptions, type ProviderGuard } from "./provider-guard";
import { isNotFound, parseResponse } from "./parse-response";
import { MIN_ATTEMPT_MS, computeRetryDelayMs } from "./retry-delay";
import { createRetryBudget } from "./retry-budget";
import { createTransport, type TransportOptions } from "./undici-transport";

/** What one call cost and how it ended, for logs and metrics. */
export interface CallReport {
  readonly call: string;
  /** 1, or more for a retry. */
  readonly attempt: number;
  readonly durationMs: number;
  readonly failure?: ProviderFailure;
}

/** Sends provider calls; every failure is a `ProviderFailure`. */
export interface HttpClient {
  readonly call: <Result>(call: EndpointCall<Result>, deadline: Deadline) => Promise<Result>;
  /** As `call`, for a read whose 404 means that there is no such thing: null. A 404 page in HTML is a failure as any other. */
  readonly find: <Result>(call: EndpointCall<Result>, deadline: Deadline) => Promise<Result | null>;
  /** Whether the provider is asked to bear one more retry; if so, it is paid for. For those who repeat keyed calls. */
  readonly acquireRetry: () => boolean;
  /** For health and metrics: calls under way and waiting, and the circuit breakers. */
  readonly state: ProviderGuard["state"];
  close(): Promise<void>;
}

// Visible ASCII and blanks. axios would strip CR and LF silently, which hides an attack instead of refusing it.
const HEADER_VALUE = /^[\x20-\x7e]*$/;

const createTimeoutFailure = (call: string) =>
  new ProviderFailure({ kind: "timeout", call, reason: "no time left", maybeProcessed: false, shortCircuited: true });

function encodeBody(body: EndpointCall<unknown>["body"]): { data?: string; contentType?: string } {
  if (!body) return {};
  if ("json" in body) return { data: JSON.stringify(body.json), contentType: "application/json" };
  return { data: new URLSearchParams(body.form).toString(), contentType: "application/x-www-form-urlencoded" };
}

export interface HttpClientOptions extends Omit<TransportOptions, "connections"> {
  readonly guard: Omit<GuardOptions, "monotonic">;
  /** Retries for every hundred calls. */
  readonly retryPercent: number;
  readonly clock: Clock;
  readonly monotonic: MonotonicClock;
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Told of each attempt as it is sent. */
  readonly onSend?: (sent: Pick<CallReport, "call" | "attempt">) => void;
  /** Told of each attempt that ended, good or bad, sent or not. */
  readonly onCall?: (report: CallReport) => void;
}

/** A call with its deadline, and how what comes back is read. */
interface Exchange<Result> {
  readonly call: EndpointCall<unknown>;
  readonly deadline: Deadline;
  readonly parse: (response: AxiosResponse<string>) => Result;
}

/** An HTTP client for one provider: its own connections, room, circuit breakers, retries, deadlines, limits and errors. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { onSend, onCall, clock, monotonic, random, sleep } = options;
  const transport = createTransport({ ...options, connections: options.guard.concurrency });
  const guard = createProviderGuard({ ...options.guard, monotonic });
  const retries = createRetryBudget(options.retryPercent);
  const client = axios.create({
    allowAbsoluteUrls: false,
    maxRedirects: 0,
    transformRequest: [],
    transformResponse: [],
    validateStatus: null,
  });

  async function send(
    call: EndpointCall<unknown>,
    { signal, onHead: onHeadersSent }: { readonly signal: AbortSignal; readonly onHead: () => void },
  ): Promise<AxiosResponse<string>> {
    const { data, contentType } = encodeBody(call.body);
    const headers = {
      accept: "application/json",
      ...(contentType && { "content-type": contentType }),
      ...call.headers,
    };
    if (!Object.values(headers).every((value) => HEADER_VALUE.test(value))) {
      throw new ProviderFailure({
        kind: "unauthorised", // a token or key that cannot be sent is none that will be accepted
        call: call.name,
        reason: "header value refused by us",
        maybeProcessed: false,
      });
    }
    const adapter = transport.createAdapter(onHeadersSent);
    return client.request<string>({ method: call.method, url: call.path, headers, data, signal, adapter });
  }

  /** One attempt within the deadline: sent when there is room, read, and reported. Its own time begins when it is sent. */
  async function attemptOnce<Result>(exchange: Exchange<Result>, attempt: number): Promise<Result> {
    const { call, deadline, parse } = exchange;
    if (deadline.remainingMs() <= 0) throw createTimeoutFailure(call.name);
    const timeout = new AbortController();
    const abortAfter = (ms: number) =>
      setTimeout(() => {
        timeout.abort();
      }, ms);
    let timer = abortAfter(deadline.remainingMs());
    const startedAt = monotonic.now();
    const report = (failure?: ProviderFailure) =>
      onCall?.({ call: call.name, attempt, durationMs: msSince(startedAt, monotonic), ...(failure && { failure }) });
    let hasStarted = false;
    let maybeProcessed = false;
    const onHeadersSent = () => (maybeProcessed = true);
    const toFailure = (error: unknown) =>
      toProviderFailure(call.name, error, { timedOut: timeout.signal.aborted, maybeProcessed });
    const execute = async () => {
      // What waited for room until there is hardly time for its answer is better not sent than not known.
      if (deadline.remainingMs() < Math.min(MIN_ATTEMPT_MS, call.timeoutMs / 2)) throw createTimeoutFailure(call.name);
      hasStarted = true;
      clearTimeout(timer);
      timer = abortAfter(Math.min(call.timeoutMs, deadline.remainingMs()));
      onSend?.({ call: call.name, attempt });
      try {
        return parse(await send(call, { signal: timeout.signal, onHead: onHeadersSent }));
      } catch (error) {
        throw toFailure(error);
      }
    };
    try {
      const result = await guard.run(call.name, execute, timeout.signal);
      report();
      return result;
    } catch (error) {
      const isQueueTimeout = timeout.signal.aborted && !hasStarted;
      const failure = isQueueTimeout ? createTimeoutFailure(call.name) : toFailure(error);
      report(failure);
      throw failure;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Reads are retried here; what is keyed is retried by who keeps its key, and nothing is retried twice. */
  async function sendWithRetry<Result>(exchange: Exchange<Result>): Promise<Result> {
    const { call, deadline } = exchange;
    const first = call.attempt ?? 1;
    if (first === 1) retries.earn();
    for (let attempt = first; ; attempt += 1) {
      try {
        return await attemptOnce(exchange, attempt);
      } catch (error) {
        if (call.repeat !== "safe" || !(error instanceof ProviderFailure)) throw error;
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
    close: () => transport.close(),
  };
}
