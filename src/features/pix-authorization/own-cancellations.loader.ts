import { DatabaseUnavailable } from "../../platform/database/database.errors";
import { type OperationStore } from "../../platform/operations/operation.store";
import { type ResponseBudget } from "../../platform/graphql/limits/response-budget";
import { type CallBudget } from "../../platform/reads/call-budget";
import { createLoader, type Loader } from "../../platform/reads/create-loader";
import { CANCEL_PIX_AUTHORIZATION, toPixCancellation } from "./cancel-pix-authorization";
import { type PixCancellation } from "./pix-cancellation.type";

/**
 * The cancellations of a recurrence that were made here, by recurrence id, whoever asks: they hang below an authorization,
 * which decides who sees it.
 */
export type OwnCancellationsLoader = Loader<string, PixCancellation[]>;

export interface OwnCancellationsLoaderOptions {
  readonly operationStore: OperationStore;
  readonly concurrency: number;
  readonly budget: CallBudget;
  readonly responseBudget: Pick<ResponseBudget, "chargeRows" | "assertWithin">;
}

export function createOwnCancellationsLoader(options: OwnCancellationsLoaderOptions): OwnCancellationsLoader {
  const { operationStore, concurrency, budget, responseBudget } = options;
  return createLoader({
    async loadOne(recurrenceId: string) {
      responseBudget.assertWithin();
      const query = { recurrenceId, kinds: [CANCEL_PIX_AUTHORIZATION] };
      const succeeded = await operationStore.listSucceeded(query).catch((error: unknown) => {
        if (error instanceof DatabaseUnavailable) return []; // reads go on without the ledger
        throw error;
      });
      responseBudget.chargeRows(succeeded.length);
      return succeeded.flatMap(({ result }) => toPixCancellation(result) ?? []);
    },
    concurrency,
    budget,
  });
}
