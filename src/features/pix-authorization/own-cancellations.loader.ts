import { type OperationStore } from "../../platform/operations/operation.store";
import { type ResponseBudget } from "../../platform/graphql/limits/response-budget";
import { type RequestBudget } from "../../platform/reads/request-budget";
import { createLoader, type Loader } from "../../platform/reads/create-loader";
import { CANCEL_PIX_AUTHORIZATION, toPixCancellation } from "./cancel-pix-authorization";
import { type PixCancellation } from "./pix-cancellation.type";

/**
 * The cancellations that this subgraph made, by recurrence ID. It does not check access: they are part of an authorization, and the
 * loader of the authorization does.
 */
export type OwnCancellationsLoader = Loader<string, PixCancellation[]>;

export interface OwnCancellationsLoaderOptions {
  readonly operationStore: OperationStore;
  readonly concurrency: number;
  readonly budget: RequestBudget;
  readonly responseBudget: Pick<ResponseBudget, "chargeRows" | "assertWithin">;
}

export function createOwnCancellationsLoader(options: OwnCancellationsLoaderOptions): OwnCancellationsLoader {
  const { operationStore, concurrency, budget, responseBudget } = options;
  return createLoader({
    async loadOne(recurrenceId: string) {
      responseBudget.assertWithin();
      const query = { recurrenceId, kinds: [CANCEL_PIX_AUTHORIZATION] };
      const succeeded = await operationStore.listSucceeded(query);
      responseBudget.chargeRows(succeeded.length);
      return succeeded.flatMap(({ result }) => toPixCancellation(result) ?? []);
    },
    concurrency,
    budget,
  });
}
