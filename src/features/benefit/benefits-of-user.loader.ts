import { type AvibraClient } from "../../providers/avibra/avibra.client";
import { type MemberBenefits } from "../../providers/avibra/benefits.wire";
import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { type CallBudget } from "../../platform/reads/call-budget";
import { type CachedReader } from "../../platform/reads/cached-reader";
import { createLoader, type Loader } from "../../platform/reads/create-loader";
import { userTag } from "../../platform/reads/read-tags";
import { canReadBenefits } from "./access";

export interface BenefitsOfUserLoaderOptions {
  readonly avibra: AvibraClient;
  readonly caller: Caller | undefined;
  readonly readCached: CachedReader;
  readonly concurrency: number;
  readonly budget: CallBudget;
}

/**
 * Everything Avibra tells of a user, by user id: benefits, current offer and available offers come from this one call,
 * however many fields, aliases and references ask. Null for a user whom Avibra does not know, or who is not the
 * caller's to see.
 */
export type BenefitsOfUserLoader = Loader<string, MemberBenefits | null>;

export function createBenefitsOfUserLoader({
  avibra,
  caller,
  readCached,
  concurrency,
  budget,
}: BenefitsOfUserLoaderOptions): BenefitsOfUserLoader {
  const loadOne = (userId: string) =>
    readCached({ endpoint: "avibra.benefits.list", args: [userId], tag: userTag(userId) }, (deadline) =>
      avibra.listBenefits(userId, deadline),
    );
  const resolveLocally = (userId: string) => (canReadBenefits(requireCaller(caller), userId) ? undefined : null);
  return createLoader({ loadOne, resolveLocally, concurrency, budget });
}
