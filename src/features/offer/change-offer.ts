import { type OperationHandler } from "../../platform/operations/operation-handler";
import { type AvibraClient } from "../../providers/avibra/avibra.client";
import { parseAvibraRefusal } from "../../providers/avibra/avibra.errors";
import { type OfferChange } from "../../providers/avibra/avibra.wire";
import { createUserError } from "../operation/public";
import { createMemberView, viewChangedOffer } from "../user/public";
import { UNKNOWN_OFFER } from "./unknown-offer";

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
      const refusal = parseAvibraRefusal(failure);
      if (refusal === "unknownOffer") return { status: "FAILED", failure: UNKNOWN_OFFER };
      return { status: "FAILED", failure: createUserError(refusal === "notFound" ? "NOT_FOUND" : "PROVIDER_REJECTED") };
    },
    view: createMemberView(avibra, viewChangedOffer),
  };
}
