import { type Kysely, type SelectQueryBuilder, sql } from "kysely";
import { encodeCursor, decodeCursor } from "../database/keyset-cursor";
import { type OperationRow, type OperationTables, fromOperationRow } from "./operation-row";
import { type OperationStatus, operationStatuses } from "./operation-status.state";
import { type Operation, type OperationPage, type OperationsByKindQuery, type OperationQuery } from "./operation";

/** The expression of its index. */
const STATUS_AND_KIND = sql<string>`status || ':' || kind`;

/** Blocks the use of an index on this column: the rows are few already. */
const withoutIndex = (column: "status" | "kind") => sql<string>`coalesce(${sql.ref(column)}, '')`;

/**
 * Reads one page. Throws InvalidCursor, and RangeError unless `first` is at least 1; the caller must limit it.
 *
 * Each select reads one index in the order of the page and stops at its limit. With a request, recurrence or user, it is the index of
 * that column, and the other conditions leave out rows of its history. Without one, each status and kind has a select of its own.
 */
export async function listOperations(database: Kysely<OperationTables>, query: OperationQuery): Promise<OperationPage> {
  if (!Number.isSafeInteger(query.first) || query.first < 1) throw new RangeError("first must be at least 1");
  const direction = query.order === "oldestFirst" ? "asc" : "desc";
  const after = query.after === undefined ? undefined : decodeCursor(query.after);
  const { userId, recurrenceId, requestId, olderThan } = query;

  const newSelect = () => {
    let select = database
      .selectFrom("operation")
      .selectAll()
      .orderBy("created_at", direction)
      .orderBy("id", direction)
      .limit(query.first + 1);
    if (olderThan !== undefined) select = select.where("created_at", "<", olderThan);
    if (!after) return select;
    const isAfter = direction === "asc" ? ">" : "<";
    return select.where((row) => row(row.refTuple("created_at", "id"), isAfter, row.tuple(after.at, after.id)));
  };

  function selectOfSubject() {
    let select = newSelect();
    if (userId !== undefined) select = select.where("user_id", "=", userId);
    if (recurrenceId !== undefined) select = select.where("recurrence_id", "=", recurrenceId);
    if (requestId !== undefined) select = select.where("request_id", "=", requestId);
    for (const column of ["status", "kind"] as const) {
      const values = query[column];
      if (values) select = select.where(withoutIndex(column), "in", values);
    }
    return select;
  }

  function selectsByStatus() {
    const { status: statuses = operationStatuses, kind: kinds } = query;
    return [...new Set(statuses)].flatMap((status) => {
      // A tombstone is no operation; it has the status FAILED, and no fingerprint.
      const select = newSelect().$if(status === "FAILED", (failed) => failed.where("fingerprint", "<>", ""));
      if (!kinds) return [select.where("status", "=", status)];
      return [...new Set(kinds)].map((kind) => select.where(STATUS_AND_KIND, "=", `${status}:${kind}`));
    });
  }

  const isOfSubject = userId !== undefined || recurrenceId !== undefined || requestId !== undefined;
  const isNothing = query.status?.length === 0 || query.kind?.length === 0;
  const selects = isNothing ? [] : isOfSubject ? [selectOfSubject()] : selectsByStatus();
  const rows = await executeAll(database, selects);
  const sign = direction === "asc" ? 1 : -1;
  return {
    items: rows
      .toSorted((one, other) => sign * (one.created_at - other.created_at || (one.id < other.id ? -1 : 1)))
      .slice(0, query.first)
      .map((row) => ({ operation: fromOperationRow(row), cursor: encodeCursor({ at: row.created_at, id: row.id }) })),
    hasNextPage: rows.length > query.first,
  };
}

type SelectRows = SelectQueryBuilder<OperationTables, "operation", OperationRow>;

/** Executes the selects in one statement. */
export async function executeAll(
  database: Kysely<OperationTables>,
  selects: readonly SelectRows[],
): Promise<OperationRow[]> {
  const [first, ...others] = selects.map((select) => database.selectFrom(select.as("rows")).selectAll());
  if (!first) return [];
  return await others.reduce((all, one) => all.unionAll(one), first).execute();
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
  const selectKind = (kind: string) =>
    database
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
  const rows = await executeAll(database, query.kinds.map(selectKind));
  return rows
    .toSorted((one, other) => other.created_at - one.created_at)
    .slice(0, MAX_OPERATIONS_BY_KIND)
    .map(fromOperationRow);
}
