import axios, { type AxiosResponse } from "axios";
import { type Deadline } from "../../kernel/deadline";
import { toProviderFailure } from "./classify-failure";
import { type EndpointCall } from "./endpoint-call";
import { ProviderFailure } from "./provider-failure";
import { MIN_ATTEMPT_MS } from "./retry-delay";
import { type Transport } from "./undici-transport";

// Visible ASCII and spaces. axios would remove CR and LF silently, which hides an attack instead of rejecting it.
const HEADER_VALUE = /^[\x20-\x7e]*$/;

/** The failure of an attempt that was not sent, because no time is left or nobody waits for it. */
export const createUnsentFailure = (call: string, { signal }: Deadline) =>
  new ProviderFailure({
    ...(signal?.aborted ? CANCELLED : { kind: "timeout", reason: "no time left" }),
    call,
    maybeReceived: false,
    shortCircuited: true,
  });

const CANCELLED = { kind: "cancelled", reason: "no client waits for it" } as const;

function encodeBody(body: EndpointCall<unknown>["body"]): { data?: string; contentType?: string } {
  if (!body) return {};
  if ("json" in body) return { data: JSON.stringify(body.json), contentType: "application/json" };
  return { data: new URLSearchParams(body.form).toString(), contentType: "application/x-www-form-urlencoded" };
}

function buildHeaders({ name, headers: callHeaders }: EndpointCall<unknown>, contentType?: string) {
  const headers = { accept: "application/json", ...(contentType && { "content-type": contentType }), ...callHeaders };
  if (Object.values(headers).every((value) => HEADER_VALUE.test(value))) return headers;
  throw new ProviderFailure({
    kind: "unauthorized", // a credential that cannot be sent cannot be accepted
    call: name,
    reason: "header value rejected before sending",
    maybeReceived: false,
  });
}

/** A call with its deadline, and how its response is parsed. */
export interface Exchange<Result> {
  readonly call: EndpointCall<unknown>;
  readonly deadline: Deadline;
  readonly parse: (response: AxiosResponse<string>) => Result;
}

/** One attempt at a call. */
export interface Attempt<Result> {
  /** Fires when the attempt's time is up (while it waits for a slot, at its deadline; once sent, at its timeout), or it is cancelled. */
  readonly signal: AbortSignal;
  /** Sends the request and parses the response. Rejects with a `ProviderFailure`. A probe of a circuit is no longer cancelled. */
  readonly send: (isProbe: boolean) => Promise<Result>;
  /** Maps an error of `send`, or of the guard that rejected the attempt, to a failure. */
  readonly toFailure: (error: unknown) => ProviderFailure;
  /** Releases the attempt's timer and listener. */
  readonly end: () => void;
}

/** Creates attempts over a transport. */
export function createAttempts(transport: Transport) {
  const client = axios.create({
    allowAbsoluteUrls: false,
    maxRedirects: 0,
    transformRequest: [],
    transformResponse: [],
    validateStatus: null,
  });

  return function startAttempt<Result>(exchange: Exchange<Result>, onAttemptSend?: () => void): Attempt<Result> {
    const { call, deadline, parse } = exchange;
    const timeout = new AbortController();
    const { signal } = timeout;
    const abortAfter = (ms: number) =>
      setTimeout(() => {
        timeout.abort();
      }, ms);
    let timer = abortAfter(deadline.remainingMs());
    let isCancelled = false;
    const cancel = () => {
      isCancelled = true;
      timeout.abort();
    };
    deadline.signal?.addEventListener("abort", cancel);
    const ignoreCancellation = () => deadline.signal?.removeEventListener("abort", cancel);
    let hasStarted = false;
    let maybeReceived = false;
    const onHeadersSent = () => (maybeReceived = true);
    function toFailure(error: unknown): ProviderFailure {
      if (signal.aborted && !hasStarted) return createUnsentFailure(call.name, deadline);
      if (isCancelled) return new ProviderFailure({ ...CANCELLED, call: call.name, maybeReceived });
      return toProviderFailure(call.name, error, { timedOut: signal.aborted, maybeReceived });
    }
    return {
      signal,
      toFailure,
      async send(isProbe) {
        if (isProbe) ignoreCancellation();
        // If hardly any time is left for the response, the request is not sent: its outcome would be unknown.
        if (deadline.remainingMs() < Math.min(MIN_ATTEMPT_MS, call.timeoutMs / 2))
          throw createUnsentFailure(call.name, deadline);
        hasStarted = true;
        clearTimeout(timer);
        timer = abortAfter(Math.min(call.timeoutMs, deadline.remainingMs()));
        onAttemptSend?.();
        try {
          const { data, contentType } = encodeBody(call.body);
          const headers = buildHeaders(call, contentType);
          const adapter = transport.createAdapter(onHeadersSent);
          const { method, path: url } = call;
          return parse(await client.request<string>({ method, url, headers, data, signal, adapter }));
        } catch (error) {
          throw toFailure(error);
        }
      },
      end: () => {
        clearTimeout(timer);
        ignoreCancellation();
      },
    };
  };
}
