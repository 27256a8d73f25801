import { SubgraphError } from "../../platform/errors/subgraph-error";
import { InvalidCursor } from "../../platform/ledger/ledger.errors";
import { type Ledger } from "../../platform/ledger/ledger.store";
import { type Operation, type OperationPage } from "../../platform/ledger/operation.type";
import { type CallBudget } from "../../platform/loaders/call-budget";
import { createLoader, type Loader } from "../../platform/loaders/create-loader";

export interface PageKey {
  readonly userId: string;
  readonly first: number;
  readonly after: string | undefined;
}

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

function asBadCursor(error: unknown): never {
  if (!(error instanceof InvalidCursor)) throw error;
  throw new SubgraphError("BAD_USER_INPUT", { message: "after is no cursor of this list." });
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
      identify: ({ userId, first, after }) => JSON.stringify([userId, first, after]),
    }),
  };
}
