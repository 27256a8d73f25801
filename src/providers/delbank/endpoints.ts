import { endpoint } from "../../platform/http/client/endpoint";
import { path } from "../../platform/http/client/path";
import { Authorization, Cancellation, CancellationReceipt } from "./delbank.wire";

// Delbank's Automatic Pix. Paths are relative to the API generation's base path.

/**
 * Requests the cancellation of an authorization. Delbank documents no idempotency, so it is sent at most once: if the outcome
 * is unknown, the authorization is read instead. The documentation calls the segment `cancellationIdentifier`; we send the
 * recurrence id (assumed).
 */
export const requestCancellation = endpoint({
  name: "delbank.cancellations.request",
  method: "POST",
  path: (recurrenceId: string) => path`/authorizations/${recurrenceId}/cancellations`,
  repeat: "once",
  response: CancellationReceipt,
  matches: (receipt, recurrenceId) => receipt.recurrenceId === recurrenceId,
});

export const getCancellation = endpoint({
  name: "delbank.cancellations.get",
  method: "GET",
  path: (recurrenceId: string, id: string) => path`/authorizations/${recurrenceId}/cancellations/${id}`,
  repeat: "safe",
  response: Cancellation,
  matches: (cancellation, recurrenceId, id) => cancellation.recurrenceId === recurrenceId && cancellation.id === id,
});

export const getAuthorization = endpoint({
  name: "delbank.authorizations.get",
  method: "GET",
  path: (recurrenceId: string) => path`/authorizations/${recurrenceId}`,
  repeat: "safe",
  response: Authorization,
  matches: (authorization, recurrenceId) => authorization.recurrenceId === recurrenceId,
});
