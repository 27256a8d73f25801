import { type OperationStore } from "../../platform/operations/operation.store";
import { type Operation, type OperationPage } from "../../platform/operations/operation";
import { type ResponseBudget } from "../../platform/graphql/limits/response-budget";
import { type CallBudget } from "../../platform/reads/call-budget";
import { createLoader, type Loader } from "../../platform/reads/create-loader";
import { throwAsBadCursor, serializePageKey, type PageKey } from "../page/public";

/** What the ledger holds, whoever asks: whether the caller may see it is decided where it is shown. */
export interface OperationLoaders {
  /** An operation by id; null where there is none. */
  readonly operation: Loader<string, Operation | null>;
  /** A page of what was asked for a member. Throws `BAD_USER_INPUT` for a cursor that is none. */
  readonly operationsOfUser: Loader<PageKey, OperationPage>;
}

export interface OperationLoadersOptions {
  readonly operationStore: OperationStore;
  readonly concurrency: number;
  readonly budget: CallBudget;
  /** What the rows are charged to; nothing is looked up once it is over. */
  readonly responseBudget: Pick<ResponseBudget, "chargeRows" | "assertWithin">;
}

export function createOperationLoaders({
  operationStore,
  concurrency,
  budget,
  responseBudget,
}: OperationLoadersOptions): OperationLoaders {
  return {
    operation: createLoader({
      async loadOne(id: string) {
        responseBudget.assertWithin();
        const found = await operationStore.find(id);
        responseBudget.chargeRows(found ? 1 : 0);
        return found ?? null;
      },
      concurrency,
      budget,
    }),
    operationsOfUser: createLoader({
      async loadOne({ userId, first, after }: PageKey) {
        responseBudget.assertWithin();
        const query = { userId, first, ...(after !== undefined && { after }) };
        const page = await operationStore.list(query).catch(throwAsBadCursor);
        responseBudget.chargeRows(page.items.length);
        return page;
      },
      concurrency,
      budget,
      cacheKeyFn: serializePageKey,
    }),
  };
}
