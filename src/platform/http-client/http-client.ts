import axios, { type AxiosResponse } from "axios";
import { type ZodType } from "zod";
import { type Deadline } from "../time/deadline";
import { failureOfError, failureOfStatus } from "./classify";
import { ProviderFailure } from "./provider-failure";
import { createTransport, type TransportOptions } from "./undici-adapter";

/**
 * May the call be sent again when its outcome is not known?
 * `safe`: it changes nothing. `keyed`: with the same idempotency key. `once`: never again after a byte may have left.
 */
export type Repeat = "safe" | "keyed" | "once";

/** One call to a provider: what is sent, what is expected, and its policy. */
export interface ProviderCall<Answer> {
  /** Low-cardinality name for errors, logs and metrics, for example `avibra.benefits.list`. */
  readonly name: string;
  readonly method: "GET" | "POST" | "DELETE";
  /** Built with the `path` tag, so that no value can leave its segment. */
  readonly path: string;
  readonly repeat: Repeat;
  readonly timeoutMs: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: { readonly json: unknown } | { readonly form: Readonly<Record<string, string>> };
  /** Reads the JSON answer into our own model; nothing unparsed passes. */
  readonly answer: ZodType<Answer>;
}

/** What one call cost and how it ended, for logs and metrics. */
export interface CallReport {
  readonly call: string;
  readonly durationMs: number;
  readonly failure?: ProviderFailure;
}

/** Sends provider calls; every failure is a `ProviderFailure`. */
export interface HttpClient {
  readonly call: <Answer>(call: ProviderCall<Answer>, deadline: Deadline) => Promise<Answer>;
  /** As `call`, for a read whose 404 means that there is no such thing: null. A 404 page in HTML is a failure as any other. */
  readonly find: <Answer>(call: ProviderCall<Answer>, deadline: Deadline) => Promise<Answer | null>;
  close(): Promise<void>;
}

// Visible ASCII and blanks. axios would strip CR and LF silently, which hides an attack instead of refusing it.
const HEADER_VALUE = /^[\x20-\x7e]*$/;

function encodeBody(body: ProviderCall<unknown>["body"]): { data?: string; contentType?: string } {
  if (!body) return {};
  if ("json" in body) return { data: JSON.stringify(body.json), contentType: "application/json" };
  return { data: new URLSearchParams(body.form).toString(), contentType: "application/x-www-form-urlencoded" };
}

/** An API that has no such thing says so in JSON, text or nothing; an HTML page is a gateway's, about something else. */
function isAbsence({ status, data }: AxiosResponse<string>): boolean {
  return status === 404 && !data.trimStart().startsWith("<");
}

function readAnswer<Answer>(call: ProviderCall<Answer>, response: AxiosResponse<string>): Answer {
  const failure = failureOfStatus(call.name, response);
  if (failure) throw failure;
  let json: unknown;
  try {
    json = JSON.parse(response.data);
  } catch {
    throw new ProviderFailure({ kind: "unreadable", call: call.name, reason: "not JSON", status: 200 });
  }
  const parsed = call.answer.safeParse(json);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.filter((step) => typeof step === "string").join(".");
  throw new ProviderFailure({
    kind: "unreadable",
    call: call.name,
    reason: `wrong shape at ${where || "the root"}`,
    status: 200,
  });
}

export interface HttpClientOptions extends TransportOptions {
  /** Told of every call that ended, good or bad. */
  readonly onCall?: (report: CallReport) => void;
}

/** An HTTP client for one provider: its own connections, deadlines, limits and error classification. */
export function createHttpClient({ onCall, ...options }: HttpClientOptions): HttpClient {
  const transport = createTransport(options);
  const client = axios.create({
    adapter: transport.adapter,
    allowAbsoluteUrls: false,
    maxRedirects: 0,
    transformRequest: [],
    transformResponse: [],
    validateStatus: null,
  });

  async function send(call: ProviderCall<unknown>, signal: AbortSignal): Promise<AxiosResponse<string>> {
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
    return client.request<string>({ method: call.method, url: call.path, headers, data, signal });
  }

  /** Sends within the deadline, reads what came back, and reports how it ended. */
  async function exchange<Answer>(
    call: ProviderCall<unknown>,
    deadline: Deadline,
    read: (response: AxiosResponse<string>) => Answer,
  ): Promise<Answer> {
    const timeoutMs = Math.min(call.timeoutMs, deadline.remainingMs());
    if (timeoutMs <= 0) {
      throw new ProviderFailure({ kind: "timeout", call: call.name, reason: "no time left", maybeSent: false });
    }
    const timeout = new AbortController();
    const timer = setTimeout(() => {
      timeout.abort();
    }, timeoutMs);
    const startedAt = performance.now();
    const report = (failure?: ProviderFailure) =>
      onCall?.({ call: call.name, durationMs: performance.now() - startedAt, ...(failure && { failure }) });
    try {
      const answer = read(await send(call, timeout.signal));
      report();
      return answer;
    } catch (error) {
      const failure = failureOfError(call.name, error, timeout.signal.aborted);
      report(failure);
      throw failure;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    call: (call, deadline) => exchange(call, deadline, (response) => readAnswer(call, response)),
    find: (call, deadline) =>
      exchange(call, deadline, (response) => (isAbsence(response) ? null : readAnswer(call, response))),
    close: () => transport.close(),
  };
}
