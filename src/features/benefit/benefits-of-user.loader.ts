import { type AvibraClient } from "../../providers/avibra/avibra.client";
import { type MemberBenefits } from "../../providers/avibra/benefits.wire";
import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { type CallBudget } from "../../platform/loaders/call-budget";
import { type ReadShared } from "../../platform/loaders/caller-reads";
import { createLoader, type Loader } from "../../platform/loaders/create-loader";
import { readsOfUser } from "../../platform/loaders/read-subjects";
import { mayReadUser } from "../user/user-access.type";

export interface BenefitsOfUserOptions {
  readonly avibra: AvibraClient;
  readonly caller: Caller | undefined;
  readonly readShared: ReadShared;
  readonly concurrency: number;
  readonly budget: CallBudget;
}

/**
 * Everything Avibra tells of a user, by user id: benefits, current offer and available offers come from this one call,
 * however many fields, aliases and references ask. Null for a user whom Avibra does not know, or who is not the
 * caller's to see.
 */
export type BenefitsOfUser = Loader<string, MemberBenefits | null>;

export function createBenefitsOfUser({
  avibra,
  caller,
  readShared,
  concurrency,
  budget,
}: BenefitsOfUserOptions): BenefitsOfUser {
  const loadOne = (userId: string) =>
    readShared({ operation: "avibra.benefits.list", args: [userId], subject: readsOfUser(userId) }, (deadline) =>
      avibra.benefitsOfUser(userId, deadline),
    );
  const withoutCall = (userId: string) => (mayReadUser(requireCaller(caller), userId) ? undefined : null);
  return createLoader({ loadOne, withoutCall, concurrency, budget });
}
