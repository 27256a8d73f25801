import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { type CallBudget } from "../../platform/reads/call-budget";
import { type CachedReader } from "../../platform/reads/cached-reader";
import { createLoader, type Loader } from "../../platform/reads/create-loader";
import { recurrenceTag } from "../../platform/reads/read-tags";
import { type DelbankClient } from "../../providers/delbank/delbank.client";
import { type Authorization, type Cancellation } from "../../providers/delbank/delbank.wire";
import { canReadAuthorization, canReadAnyAuthorization, getOwnTaxId } from "./access";

export interface CancellationKey {
  readonly recurrenceId: string;
  readonly id: string;
}

/** What is not the caller's is null, as what Delbank does not know. */
export interface PixLoaders {
  /** An authorization by recurrence id. */
  readonly pixAuthorization: Loader<string, Authorization | null>;
  /** One cancellation by recurrence and cancellation id; the caller's if its authorization is. */
  readonly pixCancellation: Loader<CancellationKey, Cancellation | null>;
}

export interface PixLoadersOptions {
  readonly delbank: DelbankClient;
  readonly caller: Caller | undefined;
  readonly readCached: CachedReader;
  readonly concurrency: number;
  readonly budget: CallBudget;
}

export function createPixLoaders({ delbank, caller, readCached, concurrency, budget }: PixLoadersOptions): PixLoaders {
  /** Null where nothing can be the caller's: not worth a call. */
  const resolveLocally = () => {
    const authenticatedCaller = requireCaller(caller);
    return getOwnTaxId(authenticatedCaller) === undefined && !canReadAnyAuthorization(authenticatedCaller)
      ? null
      : undefined;
  };
  const pixAuthorization = createLoader({
    async loadOne(recurrenceId: string) {
      const authorization = await readCached(
        { endpoint: "delbank.authorizations.get", args: [recurrenceId], tag: recurrenceTag(recurrenceId) },
        (deadline) => delbank.getAuthorization(recurrenceId, deadline),
      );
      return authorization && canReadAuthorization(requireCaller(caller), authorization) ? authorization : null;
    },
    resolveLocally,
    concurrency,
    budget,
  });
  const pixCancellation = createLoader({
    async loadOne({ recurrenceId, id }: CancellationKey) {
      const canRead =
        canReadAnyAuthorization(requireCaller(caller)) || (await pixAuthorization.load(recurrenceId)) !== null;
      if (!canRead) return null;
      return readCached(
        { endpoint: "delbank.cancellations.get", args: [recurrenceId, id], tag: recurrenceTag(recurrenceId) },
        (deadline) => delbank.getCancellation(recurrenceId, id, deadline),
      );
    },
    resolveLocally,
    concurrency,
    budget,
    cacheKeyFn: ({ recurrenceId, id }) => `${recurrenceId}/${id}`,
  });
  return { pixAuthorization, pixCancellation };
}
