import { type FailureKind, ProviderFailure } from "./provider-failure";
import { AnswerCut } from "./undici-adapter";

/** Errors of undici for an answer that came and cannot be read. */
const UNREADABLE = new Map([
  ["UND_ERR_RES_EXCEEDED_MAX_SIZE", "body too large"],
  ["UND_ERR_HEADERS_OVERFLOW", "headers too large"],
  ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "another length than announced"],
]);

function unreadableReason({ name }: Error, code: unknown): string | undefined {
  return name === "HTTPParserError" ? "not HTTP" : UNREADABLE.get(String(code)); // undici gives that one no code
}

function kindOfStatus(status: number): FailureKind | undefined {
  if (status === 200) return undefined;
  if (status === 401 || status === 403) return "unauthorised";
  if (status === 408) return "timeout";
  if (status === 429) return "overloaded";
  if (status >= 500) return "unavailable";
  if (status >= 400) return "refused";
  return "unreadable"; // a redirect, or a success that the contract does not know
}

/** The failure that a complete answer means, or undefined for a 200. */
export function failureOfStatus(
  call: string,
  response: { readonly status: number; readonly data: string; readonly headers: object },
): ProviderFailure | undefined {
  const kind = kindOfStatus(response.status);
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

/** What is known of an attempt whose transport threw. */
export interface BrokenAttempt {
  readonly timedOut: boolean;
  /** Whether its head was handed to the connection. */
  readonly maybeSent: boolean;
}

/** What a thrown error of the transport means. Our own errors pass as they are. */
export function failureOfError(call: string, error: unknown, { timedOut, maybeSent }: BrokenAttempt): ProviderFailure {
  if (error instanceof ProviderFailure) return error;
  const failure = (kind: FailureKind, reason: string) => new ProviderFailure({ kind, call, reason, maybeSent });
  if (timedOut) return failure("timeout", "no complete answer in time");
  if (error instanceof AnswerCut) return failure("unreadable", "body cut");
  const code = (error as { code?: unknown }).code;
  const unreadable = unreadableReason(error as Error, code);
  if (unreadable !== undefined) return failure("unreadable", unreadable);
  if (code === "UND_ERR_CONNECT_TIMEOUT") return failure("timeout", code);
  return failure("unreachable", typeof code === "string" ? code : "connection failed");
}
