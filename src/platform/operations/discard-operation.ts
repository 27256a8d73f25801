import { type Kysely } from "kysely";
import { NO_LEASE } from "../database/due-rows";
import { canonicalJson } from "../kernel/canonical-json";
import { type Changes, type LeasedRow } from "./operation-lease";
import { tombstoneDigest } from "./find-operation";
import { type OperationTables } from "./operation-row";
import { type OperationFailure } from "./operation";

const NOT_ACCEPTED: OperationFailure = {
  code: "NOT_ACCEPTED",
  message: "The operation was not accepted.",
  retryable: true,
};

/** Deletes an operation that was never sent. Returns false if this lease holds no such operation. */
export async function deleteUnsent(database: Kysely<OperationTables>, { id, lease }: LeasedRow): Promise<boolean> {
  const { numDeletedRows } = await database
    .deleteFrom("operation")
    .where("id", "=", id)
    .where("lease_owner", "=", lease)
    .where("sent_at", "is", null)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/**
 * Replaces an operation that was never sent with a tombstone: its id, kind and times. If its claim was retried, the first insert may
 * still arrive; the primary key then rejects it.
 * Returns false if this lease holds no such operation.
 */
export async function replaceWithTombstone(
  database: Kysely<OperationTables>,
  { id, lease }: LeasedRow,
): Promise<boolean> {
  const clearedColumns: Changes = {
    ...NO_LEASE,
    key_digest: tombstoneDigest(id),
    principal: "",
    encrypted_idempotency_key: "",
    fingerprint: "",
    user_id: null,
    recurrence_id: null,
    request_id: null,
    encrypted_input: null,
    baseline: null,
    exclusive_on: null,
    next_attempt_at: null,
  };
  const { numUpdatedRows } = await database
    .updateTable("operation")
    .set((row) => ({
      ...clearedColumns,
      status: "FAILED" as const,
      failure: canonicalJson(NOT_ACCEPTED),
      settled_at: row.ref("created_at"),
    }))
    .where("id", "=", id)
    .where("lease_owner", "=", lease)
    .where("sent_at", "is", null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
