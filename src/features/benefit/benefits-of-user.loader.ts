import { type AvibraClient } from "../../providers/avibra/avibra.client";
import { type MemberBenefits } from "../../providers/avibra/benefits.wire";
import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { type CallBudget } from "../../platform/loaders/call-budget";
import { createLoader, type Loader } from "../../platform/loaders/create-loader";
import { type Deadline } from "../../platform/time/deadline";
import { mayReadUser } from "../user/user-access.type";

export interface BenefitsOfUserOptions {
  readonly avibra: AvibraClient;
  readonly caller: Caller | undefined;
  readonly deadline: Deadline;
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
  deadline,
  concurrency,
  budget,
}: BenefitsOfUserOptions): BenefitsOfUser {
  const loadOne = (userId: string) => avibra.benefitsOfUser(userId, deadline);
  const withoutCall = (userId: string) => (mayReadUser(requireCaller(caller), userId) ? undefined : null);
  return createLoader({ loadOne, withoutCall, concurrency, budget });
}
