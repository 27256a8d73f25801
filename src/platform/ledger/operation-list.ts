import { type Kysely, sql } from "kysely";
import { cursorOf, readCursor } from "../database/keyset-cursor";
import { type LedgerTables, operationOf } from "./operation-row";
import { type OperationStatus } from "./operation-status.state";
import { type Operation, type OperationPage, type KindsQuery, type OperationQuery } from "./operation.type";

/** Reads one page, newest first. Throws InvalidCursor, and RangeError unless `first` is at least 1; bounding it is the caller's. */
export async function listOperations(database: Kysely<LedgerTables>, query: OperationQuery): Promise<OperationPage> {
  if (!Number.isSafeInteger(query.first) || query.first < 1) throw new RangeError("first must be at least 1");
  const [column, value] =
    "subject" in query ? (["subject", query.subject] as const) : (["target", query.target] as const);
  let select = database
    .selectFrom("operation")
    .selectAll()
    .where(column, "=", value)
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(query.first + 1);
  if (query.after !== undefined) {
    const { at, id } = readCursor(query.after);
    select = select.where((row) => row(row.refTuple("created_at", "id"), "<", row.tuple(at, id)));
  }
  const rows = await select.execute();
  return {
    items: rows
      .slice(0, query.first)
      .map((row) => ({ operation: operationOf(row), cursor: cursorOf({ at: row.created_at, id: row.id }) })),
    hasNextPage: rows.length > query.first,
  };
}

/** How far back `listByKind` looks. */
const KINDS_LIMIT = 100;

/**
 * Reads the newest operations of some kinds that succeeded, or that were sent, whatever became of them. Each kind is read in the
 * order of its index: what else a long history holds costs nothing.
 */
export async function listByKind(
  database: Kysely<LedgerTables>,
  query: KindsQuery,
  which: "succeeded" | "sent",
): Promise<Operation[]> {
  const [column, value] =
    "subject" in query ? (["subject", query.subject] as const) : (["target", query.target] as const);
  const ofKind = (kind: string) => {
    const newest = database
      .selectFrom("operation")
      .selectAll()
      .where(column, "=", value)
      // A literal: an index of these rows alone is not used for a parameter.
      .$if(which === "succeeded", (all) => all.where("status", "=", sql.lit<OperationStatus>("SUCCEEDED")))
      .$if(which === "sent", (all) => all.where("sent_at", "is not", null))
      .where("kind", "=", kind)
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(KINDS_LIMIT);
    return database.selectFrom(newest.as("newest")).selectAll();
  };
  const [first, ...others] = query.kinds.map(ofKind);
  if (!first) return [];
  const rows = await others.reduce((all, one) => all.unionAll(one), first).execute();
  return rows
    .toSorted((one, other) => other.created_at - one.created_at)
    .slice(0, KINDS_LIMIT)
    .map(operationOf);
}
