import { DatabaseUnavailable } from "../../platform/database/database.errors";
import { type Ledger } from "../../platform/ledger/ledger.store";
import { type AnswerBudget } from "../../platform/limits/answer-budget";
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
  readonly answer: Pick<AnswerBudget, "takeRows" | "assertWithin">;
}

export function createOwnCancellations(options: OwnCancellationsOptions): OwnCancellations {
  const { ledger, concurrency, budget, answer } = options;
  return createLoader({
    async loadOne(recurrenceId: string) {
      answer.assertWithin();
      const query = { target: recurrenceId, kinds: [CANCEL_PIX_AUTHORIZATION] };
      const done = await ledger.succeeded(query).catch((error: unknown) => {
        if (error instanceof DatabaseUnavailable) return []; // reads go on without the ledger
        throw error;
      });
      answer.takeRows(done.length);
      return done.flatMap(({ result }) => cancellationOf(result) ?? []);
    },
    concurrency,
    budget,
  });
}
