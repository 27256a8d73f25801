import { type Deadline } from "../../platform/kernel/deadline";
import { type Operation } from "../../platform/operations/operation";
import { type ProviderView } from "../../platform/operations/operation-handler";
import { type AvibraClient } from "../../providers/avibra/avibra.client";
import { type MemberBenefits } from "../../providers/avibra/benefits.wire";
import { listBenefits } from "../../providers/avibra/endpoints";

/** Reads the member of an operation at Avibra, and describes it. Avibra has no read that proves an operation. */
export function createMemberView(
  avibra: AvibraClient,
  describe: (member: MemberBenefits | null, input: unknown) => ProviderView,
) {
  return async (
    { userId }: Pick<Operation, "userId">,
    { deadline, input }: { readonly deadline: Deadline; readonly input: unknown },
  ): Promise<ProviderView> => {
    if (userId === null) return { summary: "The operation names no member." };
    return describe(await avibra.find(listBenefits, [userId], deadline), input);
  };
}

const UNKNOWN_MEMBER = "Avibra does not know the member.";
/** For a change of a member that exists. */
const MISSING_MEMBER: ProviderView = { summary: UNKNOWN_MEMBER, isSubjectMissing: true };

/** Whether the account exists. */
export function viewAccount(member: MemberBenefits | null): ProviderView {
  return member
    ? { summary: "Avibra knows the member.", speaksFor: "SUCCEEDED" }
    : { summary: UNKNOWN_MEMBER, speaksFor: "FAILED" };
}

/** For a change that no read of Avibra shows. `isNew`: the member need not have existed before it. */
export function viewUnreadable(member: MemberBenefits | null, isNew = false): ProviderView {
  if (member) return { summary: "Avibra knows the member, but does not show this change." };
  return isNew ? { summary: UNKNOWN_MEMBER } : MISSING_MEMBER;
}

/** Whether the member has an offer. */
export function viewCancelledOffer(member: MemberBenefits | null): ProviderView {
  if (!member) return MISSING_MEMBER;
  const { currentOffer } = member;
  if (!currentOffer) return { summary: "The member has no offer at Avibra.", speaksFor: "SUCCEEDED" };
  const summary = `The member's offer at Avibra is ${currentOffer.offerId}, ${currentOffer.status}.`;
  if (currentOffer.status === "CANCELLED") return { summary, speaksFor: "SUCCEEDED" };
  return currentOffer.status === "ACTIVE" ? { summary, speaksFor: "FAILED" } : { summary };
}

/** Whether the member has the offer that was asked for. */
export function viewChangedOffer(member: MemberBenefits | null, input: unknown): ProviderView {
  if (!member) return MISSING_MEMBER;
  const current = member.currentOffer?.offerId ?? "none";
  const { offerId } = (input ?? {}) as { readonly offerId?: unknown };
  if (typeof offerId !== "string") return { summary: `The member's offer at Avibra is ${current}.` };
  return {
    summary: `The member's offer at Avibra is ${current}; the operation asked for ${offerId}.`,
    speaksFor: current === offerId ? "SUCCEEDED" : "FAILED",
  };
}
