import { type Kysely } from "kysely";
import { NO_LEASE } from "../database/due-rows";
import { canonicalJson } from "../kernel/canonical-json";
import { type Changes, type LeasedRow } from "./operation-lease";
import { type OperationTables, type OperationRow } from "./operation-row";
import { type OperationFailure } from "./operation";

const NOT_ACCEPTED: OperationFailure = { code: "NOT_ACCEPTED", message: "It was not accepted.", retryable: true };

/** The `key_digest` of a tombstone: no idempotency key has it. */
const tombstoneDigest = (id: string): string => `abandoned:${id}`;

/** Deletes an operation of which nothing was sent, as if it had never been requested. False: there is none under this lease. */
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
 * Replaces an operation of which nothing was sent by a tombstone: a row that has its id and nothing else of it. For a claim that was
 * repeated because its answer was lost: the bytes of the first insert may reach the server after the deletion, and the primary key
 * refuses them. False: there is none under this lease.
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

/** The row of this id, unless it is a tombstone. */
export async function findById(database: Kysely<OperationTables>, id: string): Promise<OperationRow | undefined> {
  return await database
    .selectFrom("operation")
    .selectAll()
    .where("id", "=", id)
    .where("key_digest", "<>", tombstoneDigest(id))
    .executeTakeFirst();
}
