import { type FailureKind, ProviderFailure } from "./provider-failure";
import { TruncatedResponse } from "./undici-transport";

/** Errors of undici for a response that cannot be read. */
const UNREADABLE_CODES = new Map([
  ["UND_ERR_RES_EXCEEDED_MAX_SIZE", "body too large"],
  ["UND_ERR_HEADERS_OVERFLOW", "headers too large"],
  ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "content-length mismatch"],
]);

function getUnreadableReason({ name }: Error, code: unknown): string | undefined {
  return name === "HTTPParserError" ? "not HTTP" : UNREADABLE_CODES.get(String(code)); // undici sets no code on it
}

function classifyStatus(status: number): FailureKind | undefined {
  if (status === 200) return undefined;
  if (status === 401 || status === 403) return "unauthorized";
  if (status === 408) return "timeout";
  if (status === 429) return "overloaded";
  if (status >= 500) return "unavailable";
  if (status >= 400) return "refused";
  return "unreadable"; // a redirect, or a 2xx that is not in the contract
}

/** Returns the failure for a complete response, or undefined for a 200. */
export function toStatusFailure(
  call: string,
  response: { readonly status: number; readonly data: string; readonly headers: object },
): ProviderFailure | undefined {
  const kind = classifyStatus(response.status);
  if (!kind) return undefined;
  const retryAfter = (response.headers as Record<string, unknown>)["retry-after"];
  return new ProviderFailure({
    kind,
    call,
    reason: "status",
    status: response.status,
    ...(kind === "refused" && { refusal: response.data }),
    ...(typeof retryAfter === "string" && { retryAfter }),
  });
}

/** State of an attempt whose transport threw. */
export interface FailedAttempt {
  readonly timedOut: boolean;
  /** Whether its headers were handed to the connection. */
  readonly maybeReceived: boolean;
}

/** Returns the failure for an error of the transport. A `ProviderFailure` is returned unchanged. */
export function toProviderFailure(
  call: string,
  error: unknown,
  { timedOut, maybeReceived }: FailedAttempt,
): ProviderFailure {
  if (error instanceof ProviderFailure) return error;
  const createFailure = (kind: FailureKind, reason: string) =>
    new ProviderFailure({ kind, call, reason, maybeReceived });
  if (timedOut) return createFailure("timeout", "no complete response in time");
  if (error instanceof TruncatedResponse) return createFailure("unreadable", "body truncated");
  const code = (error as { code?: unknown }).code;
  const unreadable = getUnreadableReason(error as Error, code);
  if (unreadable !== undefined) return createFailure("unreadable", unreadable);
  if (code === "UND_ERR_CONNECT_TIMEOUT") return createFailure("timeout", code);
  return createFailure("unreachable", typeof code === "string" ? code : "connection failed");
}
