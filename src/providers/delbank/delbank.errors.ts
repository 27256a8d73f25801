import { z } from "zod";
import { type ProviderFailure } from "../../platform/http/client/provider-failure";
import { matchName } from "../../platform/kernel/match-name";

/** Why Delbank refused a cancellation. Its texts must not be passed on: they may contain a document. */
export type DelbankRefusal = "notFound" | "alreadyCancelled" | "notCancellable" | "documentMismatch" | "rejected";

/** Error codes of Automatic Pix (assumed: the provider shows none). */
const CODES = {
  AUTHORIZATION_NOT_FOUND: "notFound",
  AUTHORIZATION_ALREADY_CANCELLED: "alreadyCancelled",
  AUTHORIZATION_NOT_CANCELLABLE: "notCancellable",
  DOCUMENT_MISMATCH: "documentMismatch",
} as const satisfies Readonly<Record<string, DelbankRefusal>>;
const CODE_NAMES = Object.keys(CODES) as (keyof typeof CODES)[];

/** Both documented shapes, the application's and the gateway's, and .NET's: an object with one of these. */
const ErrorBody = z
  .object({ code: z.string() })
  .or(z.object({ message: z.string() }))
  .or(z.object({ title: z.string() }));

/** Parses a refusal by its code, else by its status. Returns undefined for a body that is not Delbank's: HTML, empty or truncated. */
export function parseDelbankRefusal(failure: ProviderFailure): DelbankRefusal | undefined {
  let body: z.output<typeof ErrorBody> | undefined;
  try {
    body = ErrorBody.safeParse(JSON.parse(failure.refusalBody())).data;
  } catch {
    return undefined; // not JSON
  }
  if (!body) return undefined;
  const code = "code" in body ? matchName(body.code, CODE_NAMES) : undefined;
  return code ? CODES[code] : failure.status === 404 ? "notFound" : "rejected";
}
