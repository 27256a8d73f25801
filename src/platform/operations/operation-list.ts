import { type Kysely, sql } from "kysely";
import { encodeCursor, decodeCursor } from "../database/keyset-cursor";
import { type OperationTables, fromOperationRow } from "./operation-row";
import { type OperationStatus } from "./operation-status.state";
import { type Operation, type OperationPage, type OperationsByKindQuery, type OperationQuery } from "./operation";

/** Reads one page, newest first. Throws InvalidCursor, and RangeError unless `first` is at least 1; the caller must limit it. */
export async function listOperations(database: Kysely<OperationTables>, query: OperationQuery): Promise<OperationPage> {
  if (!Number.isSafeInteger(query.first) || query.first < 1) throw new RangeError("first must be at least 1");
  const [column, value] =
    "userId" in query ? (["user_id", query.userId] as const) : (["recurrence_id", query.recurrenceId] as const);
  let select = database
    .selectFrom("operation")
    .selectAll()
    .where(column, "=", value)
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(query.first + 1);
  if (query.after !== undefined) {
    const { at, id } = decodeCursor(query.after);
    select = select.where((row) => row(row.refTuple("created_at", "id"), "<", row.tuple(at, id)));
  }
  const rows = await select.execute();
  return {
    items: rows
      .slice(0, query.first)
      .map((row) => ({ operation: fromOperationRow(row), cursor: encodeCursor({ at: row.created_at, id: row.id }) })),
    hasNextPage: rows.length > query.first,
  };
}

/** Maximum number of operations that `listByKind` returns. */
const MAX_OPERATIONS_BY_KIND = 100;

/**
 * Reads the newest operations of some kinds that succeeded, or that were sent in any status. Each kind is read in the order of its
 * index, so that the cost does not depend on the other rows.
 */
export async function listByKind(
  database: Kysely<OperationTables>,
  query: OperationsByKindQuery,
  filter: "succeeded" | "sent",
): Promise<Operation[]> {
  const [column, value] =
    "userId" in query ? (["user_id", query.userId] as const) : (["recurrence_id", query.recurrenceId] as const);
  const selectKind = (kind: string) => {
    const newest = database
      .selectFrom("operation")
      .selectAll()
      .where(column, "=", value)
      // A literal: a partial index is not used for a parameter.
      .$if(filter === "succeeded", (all) => all.where("status", "=", sql.lit<OperationStatus>("SUCCEEDED")))
      .$if(filter === "sent", (all) => all.where("sent_at", "is not", null))
      .where("kind", "=", kind)
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(MAX_OPERATIONS_BY_KIND);
    return database.selectFrom(newest.as("newest")).selectAll();
  };
  const [firstSelect, ...otherSelects] = query.kinds.map(selectKind);
  if (!firstSelect) return [];
  const rows = await otherSelects.reduce((all, one) => all.unionAll(one), firstSelect).execute();
  return rows
    .toSorted((one, other) => other.created_at - one.created_at)
    .slice(0, MAX_OPERATIONS_BY_KIND)
    .map(fromOperationRow);
}
