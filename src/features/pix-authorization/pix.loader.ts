import { type Caller } from "../../platform/auth/caller";
import { requireCaller } from "../../platform/auth/require-caller";
import { type CallBudget } from "../../platform/loaders/call-budget";
import { createLoader, type Loader } from "../../platform/loaders/create-loader";
import { type Deadline } from "../../platform/time/deadline";
import { type DelbankClient } from "../../providers/delbank/delbank.client";
import { type Authorization, type Cancellation } from "../../providers/delbank/delbank.wire";

export interface CancellationKey {
  readonly recurrenceId: string;
  readonly id: string;
}

export interface PixLoaders {
  /** An authorization by recurrence id; null where Delbank knows none. */
  readonly pixAuthorization: Loader<string, Authorization | null>;
  /** One cancellation by recurrence and cancellation id; null where Delbank knows none. */
  readonly pixCancellation: Loader<CancellationKey, Cancellation | null>;
}

export interface PixLoadersOptions {
  readonly delbank: DelbankClient;
  readonly caller: Caller | undefined;
  readonly deadline: Deadline;
  readonly concurrency: number;
  readonly budget: CallBudget;
}

export function createPixLoaders({ delbank, caller, deadline, concurrency, budget }: PixLoadersOptions): PixLoaders {
  const withoutCall = () => void requireCaller(caller);
  return {
    pixAuthorization: createLoader({
      loadOne: (recurrenceId: string) => delbank.authorization(recurrenceId, deadline),
      withoutCall,
      concurrency,
      budget,
    }),
    pixCancellation: createLoader({
      loadOne: ({ recurrenceId, id }: CancellationKey) => delbank.cancellation(recurrenceId, id, deadline),
      withoutCall,
      concurrency,
      budget,
      identify: ({ recurrenceId, id }) => `${recurrenceId}/${id}`,
    }),
  };
}
