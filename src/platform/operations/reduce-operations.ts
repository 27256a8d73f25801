import { type Kysely } from "kysely";
import { type Encryption } from "../kernel/encryption";
import { deleteHistory } from "./operation-history";
import { eraseDecisionTexts } from "./operation-decision";
import { type Changes } from "./operation-lease";
import { type OperationRow, type OperationTables } from "./operation-row";

/** Maximum number of operations that one transaction reduces: a long one blocks SQLite's other writers. */
export const REDUCTION_BATCH_SIZE = 100;

/** Digest namespace that nothing else uses. Stored, so it must not change. */
const RECURRENCE_NAMESPACE = "operations/recurrence";

/** What a reduced operation has in place of its recurrence: equal for equal recurrences, and no recurrence has it. */
export const reduceRecurrenceId = (encryption: Encryption, recurrenceId: string): string =>
  `reduced:${encryption.digestKey(RECURRENCE_NAMESPACE, recurrenceId)}`;

/** The columns that a reduction clears. What stays: id, digests, kind, status, failure, counts and times. */
const CLEARED: Changes = {
  principal: "",
  encrypted_idempotency_key: "",
  user_id: null,
  request_id: null,
  encrypted_input: null,
  result: null,
  baseline: null,
  exclusive_on: null,
};

/** A success still excludes others from its recurrence. */
function toLane(encryption: Encryption, { status, recurrence_id }: OperationRow): string | null {
  return status === "SUCCEEDED" && recurrence_id !== null ? reduceRecurrenceId(encryption, recurrence_id) : null;
}

/**
 * Reduces settled operations to what replay safety needs: the same idempotency key is recognized, with its input and its outcome, and a
 * cancellation still excludes others. Nothing that stays names a person, except the operators who decided. Call it in a transaction
 * that has locked the rows.
 */
export async function reduceOperations(
  transaction: Kysely<OperationTables>,
  encryption: Encryption,
  { rows, now }: { readonly rows: readonly OperationRow[]; readonly now: number },
): Promise<void> {
  if (rows.length === 0) return;
  for (const [lane, group] of Map.groupBy(rows, (row) => toLane(encryption, row))) {
    const ids = group.map(({ id }) => id);
    await transaction
      .updateTable("operation")
      .set({ ...CLEARED, recurrence_id: lane, reduced_at: now })
      .where("id", "in", ids)
      .where("settled_at", "is not", null)
      .execute();
  }
  const ids = rows.map(({ id }) => id);
  await deleteHistory(transaction, ids);
  await eraseDecisionTexts(transaction, ids);
}
