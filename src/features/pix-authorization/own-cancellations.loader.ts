import { DatabaseUnavailable } from "../../platform/database/database.errors";
import { type Ledger } from "../../platform/ledger/ledger.store";
import { type CallBudget } from "../../platform/loaders/call-budget";
import { createLoader, type Loader } from "../../platform/loaders/create-loader";
import { CANCEL_PIX_AUTHORIZATION, cancellationOf } from "./cancel-pix-authorization";
import { type PixCancellation } from "./pix-cancellation.type";

/**
 * The cancellations of a recurrence that were made here, by recurrence id, whoever asks: they hang below an authorization,
 * which decides who sees it.
 */
export type OwnCancellations = Loader<string, PixCancellation[]>;

export interface OwnCancellationsOptions {
  readonly ledger: Ledger;
  readonly concurrency: number;
  readonly budget: CallBudget;
}

export function createOwnCancellations({ ledger, concurrency, budget }: OwnCancellationsOptions): OwnCancellations {
  return createLoader({
    async loadOne(recurrenceId: string) {
      const query = { target: recurrenceId, kinds: [CANCEL_PIX_AUTHORIZATION] };
      const done = await ledger.succeeded(query).catch((error: unknown) => {
        if (error instanceof DatabaseUnavailable) return []; // reads go on without the ledger
        throw error;
      });
      return done.flatMap(({ result }) => cancellationOf(result) ?? []);
    },
    concurrency,
    budget,
  });
}
