import { type ProviderView } from "../../platform/operations/operation-handler";
import { type Authorization } from "../../providers/delbank/delbank.wire";
import { type Proof } from "./cancellation-proof.state";

/** What Delbank shows about a cancellation, in a sentence. That it lists none speaks for a failure, but does not prove it. */
export function viewCancellation(authorization: Authorization | null, proof: Proof | undefined): ProviderView {
  if (!authorization) return { summary: "Delbank does not know the authorization.", isSubjectMissing: true };
  const { status } = authorization;
  if (proof) {
    const cause =
      proof.kind === "cancellation"
        ? `lists the cancellation ${proof.cancellation.id}, which it did not list before the request`
        : "lists no cancellation; nothing is sent in this status";
    return { summary: `The authorization is ${status} at Delbank, which ${cause}.`, speaksFor: "SUCCEEDED" };
  }
  const summary = `The authorization is ${status} at Delbank, which lists no cancellation of this operation.`;
  // An earlier cancellation may have caused it.
  return status === "CANCELLED" || status === "UNKNOWN" ? { summary } : { summary, speaksFor: "FAILED" };
}
