import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { isUniqueViolation } from "../database/database.errors";
import { type LeasedRow } from "./operation-lease";
import { type OperationTables, fromOperationRow } from "./operation-row";
import { type Operation } from "./operation";
import { canonicalJson } from "../kernel/canonical-json";

/** What an operation excludes others from: its kind of effect on one recurrence. */
export interface ExclusiveLock {
  readonly kind: string;
  readonly recurrenceId: string;
  /** Ids of earlier operations that succeeded and no longer exclude this one, in any order. */
  readonly superseded?: readonly string[];
  /** Any JSON value without personal data; stored with the lock and passed to `perform` and `confirm`. */
  readonly baseline?: unknown;
}

/** Which operations to find; `id` is the operation that they are earlier than. */
export type EarlierQuery = Pick<ExclusiveLock, "kind" | "recurrenceId"> & { readonly id: string };

/** What a reduced operation has in place of the recurrence. */
export interface ReducedRecurrence {
  readonly reducedRecurrenceId: string;
}

// Literals, not parameters: a planner matches them against the predicates of the partial indexes.
const NOT_FAILED = sql<boolean>`earlier.status <> 'FAILED'`;
const SENT_OR_LOCKED = sql<boolean>`(earlier.sent_at is not null or earlier.exclusive_on is not null)`;

function selectEarlier(
  database: Kysely<OperationTables>,
  { id, kind, recurrenceId, reducedRecurrenceId }: EarlierQuery & ReducedRecurrence,
) {
  return database
    .selectFrom("operation as earlier")
    .where("earlier.recurrence_id", "in", [recurrenceId, reducedRecurrenceId])
    .where("earlier.kind", "=", kind)
    .where("earlier.id", "<>", id)
    .where(NOT_FAILED)
    .where(SENT_OR_LOCKED);
}

/**
 * The key that the unique index compares. An operation that supersedes others has a key of its own, so that the superseded rows stay
 * unchanged, and two operations that supersede the same ones still exclude each other. The ids are sorted, because their order
 * depends on the clocks of several machines.
 */
function buildExclusiveKey({ kind, recurrenceId, superseded = [] }: ExclusiveLock): string {
  if (superseded.length === 0) return `${kind}:${recurrenceId}`;
  const digest = createHash("sha256").update(canonicalJson(superseded.toSorted())).digest("base64url");
  return `${kind}:${recurrenceId}/after:${digest}`;
}

/**
 * Acquires the lock for this operation in one statement. Returns false if another operation that was sent or has the lock, has not
 * failed and is not in `superseded` excludes it. The statement reads the table again; the unique index, which covers every status
 * except FAILED, decides between statements that do not see each other, at any isolation level. Success keeps the lock: it is
 * released only if the operation fails or is discarded. Returns true also if the lease was lost: the next statement detects that.
 */
export async function acquireExclusiveLock(
  database: Kysely<OperationTables>,
  row: LeasedRow,
  lock: ExclusiveLock & ReducedRecurrence,
): Promise<boolean> {
  const { superseded = [], baseline } = lock;
  const { id, lease } = row;
  const blocking = selectEarlier(database, { ...lock, id })
    .select("earlier.id")
    .$if(superseded.length > 0, (all) => all.where("earlier.id", "not in", superseded));
  try {
    const locked = await database
      .updateTable("operation")
      .set({ exclusive_on: buildExclusiveKey(lock), baseline: baseline === undefined ? null : canonicalJson(baseline) })
      .where("id", "=", id)
      .where("lease_owner", "=", lease)
      .where((is) => is.not(is.exists(blocking)))
      .returning("id")
      .executeTakeFirst();
    return locked !== undefined || !(await hasLease(database, row));
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

/** Other operations of this kind on this recurrence that were sent or have the lock, and have not failed; oldest first. */
export async function findEarlier(
  database: Kysely<OperationTables>,
  query: EarlierQuery & ReducedRecurrence,
): Promise<Operation[]> {
  const rows = await selectEarlier(database, query).selectAll("earlier").execute();
  return rows
    .map(fromOperationRow)
    .toSorted((one, other) => one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1));
}

async function hasLease(database: Kysely<OperationTables>, { id, lease }: LeasedRow): Promise<boolean> {
  const row = await database
    .selectFrom("operation")
    .select("id")
    .where("id", "=", id)
    .where("lease_owner", "=", lease)
    .executeTakeFirst();
  return row !== undefined;
}
