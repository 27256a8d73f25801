import axios from "axios";
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
  call<Answer>(call: ProviderCall<Answer>, deadline: Deadline): Promise<Answer>;
  close(): Promise<void>;
}

// Visible ASCII and blanks. axios would strip CR and LF silently, which hides an attack instead of refusing it.
const HEADER_VALUE = /^[\x20-\x7e]*$/;

function encodeBody(body: ProviderCall<unknown>["body"]): { data?: string; contentType?: string } {
  if (!body) return {};
  if ("json" in body) return { data: JSON.stringify(body.json), contentType: "application/json" };
  return { data: new URLSearchParams(body.form).toString(), contentType: "application/x-www-form-urlencoded" };
}

function readAnswer<Answer>(call: ProviderCall<Answer>, text: string): Answer {
  let json: unknown;
  try {
    json = JSON.parse(text);
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

  async function send<Answer>(call: ProviderCall<Answer>, signal: AbortSignal): Promise<Answer> {
    const { data, contentType } = encodeBody(call.body);
    const headers = {
      accept: "application/json",
      ...(contentType && { "content-type": contentType }),
      ...call.headers,
    };
    if (!Object.values(headers).every((value) => HEADER_VALUE.test(value))) {
      throw new ProviderFailure({
        kind: "refused",
        call: call.name,
        reason: "header value refused by us",
        maybeSent: false,
      });
    }
    const response = await client.request<string>({ method: call.method, url: call.path, headers, data, signal });
    const failure = failureOfStatus(call.name, response);
    if (failure) throw failure;
    return readAnswer(call, response.data);
  }

  return {
    async call(call, deadline) {
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
        const answer = await send(call, timeout.signal);
        report();
        return answer;
      } catch (error) {
        const failure = failureOfError(call.name, error, timeout.signal.aborted);
        report(failure);
        throw failure;
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => transport.close(),
  };
}
