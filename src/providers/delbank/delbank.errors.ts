import { z } from "zod";
import { type ProviderFailure } from "../../platform/http-client/provider-failure";

/** What Delbank's "no" to a cancellation means. Its texts are never passed on: they may quote a document. */
export type DelbankRefusal = "notFound" | "alreadyCancelled" | "notCancellable" | "documentMismatch" | "rejected";

/** Error codes of Automatic Pix (assumed: the provider shows none). */
const CODES: Readonly<Record<string, DelbankRefusal>> = {
  AUTHORIZATION_NOT_FOUND: "notFound",
  AUTHORIZATION_ALREADY_CANCELLED: "alreadyCancelled",
  AUTHORIZATION_NOT_CANCELLABLE: "notCancellable",
  DOCUMENT_MISMATCH: "documentMismatch",
};

const ErrorBody = z.object({ code: z.string() });

/** Reads a refusal by its code, else by its status. Bodies of any other shape (gateway, HTML, empty) are fine. */
export function readDelbankRefusal(failure: ProviderFailure): DelbankRefusal {
  let code: string | undefined;
  try {
    code = ErrorBody.safeParse(JSON.parse(failure.refusalBody())).data?.code;
  } catch {
    code = undefined; // no JSON: the status has to do
  }
  const known = code !== undefined && Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  return known ?? (failure.status === 404 ? "notFound" : "rejected");
}
