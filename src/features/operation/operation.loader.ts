import { type Ledger } from "../../platform/ledger/ledger.store";
import { type Operation, type OperationPage } from "../../platform/ledger/operation.type";
import { type CallBudget } from "../../platform/loaders/call-budget";
import { createLoader, type Loader } from "../../platform/loaders/create-loader";
import { asBadCursor, identifyPage, type PageKey } from "../page/page.type";

/** What the ledger holds, whoever asks: whether the caller may see it is decided where it is shown. */
export interface OperationLoaders {
  /** An operation by id; null where there is none. */
  readonly operation: Loader<string, Operation | null>;
  /** A page of what was asked for a member. Throws `BAD_USER_INPUT` for a cursor that is none. */
  readonly operationsOfUser: Loader<PageKey, OperationPage>;
}

export interface OperationLoadersOptions {
  readonly ledger: Ledger;
  readonly concurrency: number;
  readonly budget: CallBudget;
}

export function createOperationLoaders({ ledger, concurrency, budget }: OperationLoadersOptions): OperationLoaders {
  return {
    operation: createLoader({
      loadOne: async (id: string) => (await ledger.find(id)) ?? null,
      concurrency,
      budget,
    }),
    operationsOfUser: createLoader({
      loadOne: ({ userId, first, after }: PageKey) =>
        ledger.list({ subject: userId, first, ...(after !== undefined && { after }) }).catch(asBadCursor),
      concurrency,
      budget,
      identify: identifyPage,
    }),
  };
}
