import { type OperationKind } from "../../platform/ledger/operation-kind";
import { type AvibraClient } from "../../providers/avibra/avibra.client";
import { readAvibraRefusal } from "../../providers/avibra/avibra.errors";
import { type OfferChange } from "../../providers/avibra/avibra.wire";
import { userError } from "../operation/user-error.type";

/** Moves a member to another offer; `keyed`, so it may be sent again with its own key. */
export function createChangeOfferOperation(avibra: AvibraClient): OperationKind<OfferChange> {
  return {
    kind: "CHANGE_OFFER",
    provider: "avibra",
    repeat: "keyed",
    mayRetry: avibra.mayRetry,
    async perform(change, attempt) {
      await avibra.changeOffer(change, attempt);
      return { status: "SUCCEEDED" };
    },
    onRefusal(failure, isRepeat) {
      if (isRepeat) return undefined; // it tells of the repetition alone
      const code = readAvibraRefusal(failure) === "notFound" ? "NOT_FOUND" : "PROVIDER_REJECTED";
      return { status: "FAILED", failure: userError(code) };
    },
  };
}
