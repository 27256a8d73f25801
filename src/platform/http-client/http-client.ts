import axios, { type AxiosResponse } from "axios";
import { type Deadline } from "../time/deadline";
import { type Clock } from "../time/clock";
import { type MonotonicClock, msSince } from "../time/monotonic-clock";
import { failureOfError } from "./classify";
import { ProviderFailure } from "./provider-failure";
import { type ProviderCall } from "./provider-call";
import { createProviderGuard, type GuardOptions, type ProviderGuard } from "./provider-guard";
import { isAbsence, readAnswer } from "./read-answer";
import { LEAST_ATTEMPT_MS, retryDelayMs } from "./retry";
import { createRetryBudget } from "./retry-budget";
import { createTransport, type TransportOptions } from "./undici-adapter";

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
  readonly call: <Answer>(call: ProviderCall<Answer>, deadline: Deadline) => Promise<Answer>;
  /** As `call`, for a read whose 404 means that there is no such thing: null. A 404 page in HTML is a failure as any other. */
  readonly find: <Answer>(call: ProviderCall<Answer>, deadline: Deadline) => Promise<Answer | null>;
  /** Whether the provider is asked to bear one more retry; if so, it is paid for. For those who repeat keyed calls. */
  readonly mayRetry: () => boolean;
  /** For health and metrics: calls under way and waiting, and the circuit breakers. */
  readonly state: ProviderGuard["state"];
  close(): Promise<void>;
}

// Visible ASCII and blanks. axios would strip CR and LF silently, which hides an attack instead of refusing it.
const HEADER_VALUE = /^[\x20-\x7e]*$/;

const tooLate = (call: string) =>
  new ProviderFailure({ kind: "timeout", call, reason: "no time left", maybeSent: false, isOurs: true });

function encodeBody(body: ProviderCall<unknown>["body"]): { data?: string; contentType?: string } {
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
interface Exchange<Answer> {
  readonly call: ProviderCall<unknown>;
  readonly deadline: Deadline;
  readonly read: (response: AxiosResponse<string>) => Answer;
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
    call: ProviderCall<unknown>,
    { signal, onHead }: { readonly signal: AbortSignal; readonly onHead: () => void },
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
        maybeSent: false,
      });
    }
    const adapter = transport.adapter(onHead);
    return client.request<string>({ method: call.method, url: call.path, headers, data, signal, adapter });
  }

  /** One attempt within the deadline: sent when there is room, read, and reported. Its own time begins when it is sent. */
  async function attemptOnce<Answer>(exchange: Exchange<Answer>, attempt: number): Promise<Answer> {
    const { call, deadline, read } = exchange;
    if (deadline.remainingMs() <= 0) throw tooLate(call.name);
    const timeout = new AbortController();
    const abortIn = (ms: number) =>
      setTimeout(() => {
        timeout.abort();
      }, ms);
    let timer = abortIn(deadline.remainingMs());
    const startedAt = monotonic.now();
    const report = (failure?: ProviderFailure) =>
      onCall?.({ call: call.name, attempt, durationMs: msSince(startedAt, monotonic), ...(failure && { failure }) });
    let hasBegun = false;
    let maybeSent = false;
    const onHead = () => (maybeSent = true);
    const failureOf = (error: unknown) =>
      failureOfError(call.name, error, { timedOut: timeout.signal.aborted, maybeSent });
    const work = async () => {
      // What waited for room until there is hardly time for its answer is better not sent than not known.
      if (deadline.remainingMs() < Math.min(LEAST_ATTEMPT_MS, call.timeoutMs / 2)) throw tooLate(call.name);
      hasBegun = true;
      clearTimeout(timer);
      timer = abortIn(Math.min(call.timeoutMs, deadline.remainingMs()));
      onSend?.({ call: call.name, attempt });
      try {
        return read(await send(call, { signal: timeout.signal, onHead }));
      } catch (error) {
        throw failureOf(error);
      }
    };
    try {
      const answer = await guard.run(call.name, work, timeout.signal);
      report();
      return answer;
    } catch (error) {
      const isLate = timeout.signal.aborted && !hasBegun;
      const failure = isLate ? tooLate(call.name) : failureOf(error);
      report(failure);
      throw failure;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Reads are retried here; what is keyed is retried by who keeps its key, and nothing is retried twice. */
  async function exchange<Answer>(exchanged: Exchange<Answer>): Promise<Answer> {
    const { call, deadline } = exchanged;
    const first = call.attempt ?? 1;
    if (first === 1) retries.earn();
    for (let attempt = first; ; attempt += 1) {
      try {
        return await attemptOnce(exchanged, attempt);
      } catch (error) {
        if (call.repeat !== "safe" || !(error instanceof ProviderFailure)) throw error;
        const failed = { repeat: call.repeat, failure: error, attempt, remainingMs: deadline.remainingMs() };
        const delayMs = retryDelayMs({ ...failed, random: random(), now: clock.now() });
        if (delayMs === undefined || !retries.spend()) throw error;
        await sleep(delayMs);
      }
    }
  }

  return {
    call: (call, deadline) => exchange({ call, deadline, read: (response) => readAnswer(call, response) }),
    find: (call, deadline) => {
      const read = (response: AxiosResponse<string>) => (isAbsence(response) ? null : readAnswer(call, response));
      return exchange({ call, deadline, read });
    },
    mayRetry: () => retries.spend(),
    state: () => guard.state(),
    close: () => transport.close(),
  };
}
