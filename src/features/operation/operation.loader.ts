import { type OperationStore } from "../../platform/operations/operation.store";
import { type Operation, type OperationPage, type OperationQuery } from "../../platform/operations/operation";
import { type ResponseBudget } from "../../platform/graphql/limits/response-budget";
import { type RequestBudget } from "../../platform/reads/request-budget";
import { createLoader, type Loader } from "../../platform/reads/create-loader";
import { throwAsBadCursor, serializePageKey, type PageKey } from "../page/public";

/** Reads of the operation store. They do not check access: the resolvers do. */
export interface OperationLoaders {
  /** An operation by ID; null if it does not exist. */
  readonly operation: Loader<string, Operation | null>;
  /** A page of a member's operations. Throws `BAD_USER_INPUT` for an invalid cursor. */
  readonly operationsOfUser: Loader<PageKey, OperationPage>;
  /** A page of the operations of all members. Throws `BAD_USER_INPUT` for an invalid cursor. */
  readonly operations: Loader<OperationQuery, OperationPage>;
}

export interface OperationLoadersOptions {
  readonly operationStore: OperationStore;
  readonly concurrency: number;
  readonly budget: RequestBudget;
  /** Charged for each loaded row. Throws, and nothing is loaded, if it is exceeded. */
  readonly responseBudget: Pick<ResponseBudget, "chargeRows" | "assertWithin">;
}

export function createOperationLoaders({
  operationStore,
  concurrency,
  budget,
  responseBudget,
}: OperationLoadersOptions): OperationLoaders {
  async function loadPage(query: OperationQuery): Promise<OperationPage> {
    responseBudget.assertWithin();
    const page = await operationStore.list(query).catch(throwAsBadCursor);
    responseBudget.chargeRows(page.items.length);
    return page;
  }

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
      loadOne: ({ userId, first, after }: PageKey) =>
        loadPage({ userId, first, ...(after !== undefined && { after }) }),
      concurrency,
      budget,
      cacheKeyFn: serializePageKey,
    }),
    operations: createLoader({
      loadOne: loadPage,
      concurrency,
      budget,
      cacheKeyFn: (query) => JSON.stringify(query),
    }),
  };
}
