import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { type CallBudget } from "../../platform/loaders/call-budget";
import { type ReadShared } from "../../platform/loaders/caller-reads";
import { createLoader, type Loader } from "../../platform/loaders/create-loader";
import { readsOfRecurrence } from "../../platform/loaders/read-subjects";
import { type DelbankClient } from "../../providers/delbank/delbank.client";
import { type Authorization, type Cancellation } from "../../providers/delbank/delbank.wire";
import { mayReadAuthorization, mayReadEveryAuthorization, ownTaxId } from "./pix-access";

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
  readonly readShared: ReadShared;
  readonly concurrency: number;
  readonly budget: CallBudget;
}

export function createPixLoaders({ delbank, caller, readShared, concurrency, budget }: PixLoadersOptions): PixLoaders {
  /** Null where nothing can be the caller's: not worth a call. */
  const withoutCall = () => {
    const asking = requireCaller(caller);
    return ownTaxId(asking) === undefined && !mayReadEveryAuthorization(asking) ? null : undefined;
  };
  const pixAuthorization = createLoader({
    async loadOne(recurrenceId: string) {
      const authorization = await readShared(
        { operation: "delbank.authorizations.get", args: [recurrenceId], subject: readsOfRecurrence(recurrenceId) },
        (deadline) => delbank.authorization(recurrenceId, deadline),
      );
      return authorization && mayReadAuthorization(requireCaller(caller), authorization) ? authorization : null;
    },
    withoutCall,
    concurrency,
    budget,
  });
  const pixCancellation = createLoader({
    async loadOne({ recurrenceId, id }: CancellationKey) {
      const mayRead =
        mayReadEveryAuthorization(requireCaller(caller)) || (await pixAuthorization.load(recurrenceId)) !== null;
      if (!mayRead) return null;
      return readShared(
        { operation: "delbank.cancellations.get", args: [recurrenceId, id], subject: readsOfRecurrence(recurrenceId) },
        (deadline) => delbank.cancellation(recurrenceId, id, deadline),
      );
    },
    withoutCall,
    concurrency,
    budget,
    identify: ({ recurrenceId, id }) => `${recurrenceId}/${id}`,
  });
  return { pixAuthorization, pixCancellation };
}
