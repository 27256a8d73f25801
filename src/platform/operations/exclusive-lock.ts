import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { isUniqueViolation } from "../database/database.errors";
import { type LeasedRow } from "./operation-lease";
import { type OperationTables, fromOperationRow } from "./operation-row";
import { type Operation } from "./operation";
import { canonicalJson } from "../kernel/canonical-json";

/** What an operation asks to have for itself: its kind of effect on one target. */
export interface ExclusiveLock {
  readonly kind: string;
  readonly recurrenceId: string;
  /** Earlier operations that succeeded and no longer stand in the way, in any order. */
  readonly superseded?: readonly string[];
  /** Any JSON value; stored with the hold and given to `perform` and `confirm`. No personal data. */
  readonly baseline?: unknown;
}

/** Whose earlier operations are asked for; `id` is the asking operation's own. */
export type EarlierQuery = Pick<ExclusiveLock, "kind" | "recurrenceId"> & { readonly id: string };

// Literals, not parameters: a planner matches them with the predicates of the partial indexes.
const NOT_FAILED = sql<boolean>`earlier.status <> 'FAILED'`;
const SENT_OR_LOCKED = sql<boolean>`(earlier.sent_at is not null or earlier.exclusive_on is not null)`;

function selectEarlier(database: Kysely<OperationTables>, { id, kind, recurrenceId }: EarlierQuery) {
  return database
    .selectFrom("operation as earlier")
    .where("earlier.recurrence_id", "=", recurrenceId)
    .where("earlier.kind", "=", kind)
    .where("earlier.id", "<>", id)
    .where(NOT_FAILED)
    .where(SENT_OR_LOCKED);
}

/**
 * The key that the unique index compares. An operation that supersedes others takes a key of its own, so that the rows of the
 * superseded ones stay as they are, and two operations that supersede the same ones still exclude each other. The key depends on
 * which they are and not on their order, which is that of the clocks of several machines.
 */
function buildExclusiveKey({ kind, recurrenceId, superseded = [] }: ExclusiveLock): string {
  if (superseded.length === 0) return `${kind}:${recurrenceId}`;
  const digest = createHash("sha256").update(canonicalJson(superseded.toSorted())).digest("base64url");
  return `${kind}:${recurrenceId}/after:${digest}`;
}

/**
 * Takes the hold for this operation, in one statement, unless another operation stands in the way: one that was sent or holds, has
 * not failed, and is not in `superseded`. Returns false then. The statement asks the table again; the unique index, which covers
 * every status but FAILED, decides between statements that cannot see each other, at any isolation level. A hold ends only when
 * its operation fails or is taken back unsent. Returns true as well if the lease was lost: that shows in the next step.
 */
export async function acquireExclusiveLock(
  database: Kysely<OperationTables>,
  row: LeasedRow,
  lock: ExclusiveLock,
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

/** Other operations of this kind on this target that were sent, or hold it, and have not failed; oldest first. */
export async function findEarlier(database: Kysely<OperationTables>, query: EarlierQuery): Promise<Operation[]> {
  const rows = await selectEarlier(database, query)
    .selectAll("earlier")
    .orderBy("earlier.created_at")
    .orderBy("earlier.id")
    .execute();
  return rows.map(fromOperationRow);
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
