import { type OperationHandler } from "../../platform/operations/operation-handler";
import { type AvibraClient } from "../../providers/avibra/avibra.client";
import { parseAvibraRefusal } from "../../providers/avibra/avibra.errors";
import { type OfferChange } from "../../providers/avibra/avibra.wire";
import { createUserError } from "../operation/public";

/** Changes a member's offer; `keyed`: it is sent again with its own key. */
export function createChangeOfferHandler(avibra: AvibraClient): OperationHandler<OfferChange> {
  return {
    provider: "avibra",
    repeat: "keyed",
    acquireRetry: avibra.acquireRetry,
    async perform(change, attempt) {
      await avibra.changeOffer(change, attempt);
      return { status: "SUCCEEDED" };
    },
    onRejection(failure, isRetry) {
      if (isRetry) return undefined; // a rejected retry proves nothing about the earlier attempt
      const code = parseAvibraRefusal(failure) === "notFound" ? "NOT_FOUND" : "PROVIDER_REJECTED";
      return { status: "FAILED", failure: createUserError(code) };
    },
  };
}
