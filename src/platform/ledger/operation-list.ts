import { type Kysely } from "kysely";
import { InvalidCursor } from "./ledger.errors";
import { type LedgerTables, operationOf, type OperationRow } from "./operation-row";
import { type Operation, type OperationPage, type OperationQuery, type SucceededQuery } from "./operation.type";

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
    const { createdAt, id } = readCursor(query.after);
    select = select.where((row) => row(row.refTuple("created_at", "id"), "<", row.tuple(createdAt, id)));
  }
  const rows = await select.execute();
  return {
    items: rows.slice(0, query.first).map((row) => ({ operation: operationOf(row), cursor: cursorOf(row) })),
    hasNextPage: rows.length > query.first,
  };
}

/** How far back `listSucceeded` looks. */
const SUCCEEDED_LIMIT = 100;

/** Reads the newest operations that succeeded. */
export async function listSucceeded(database: Kysely<LedgerTables>, query: SucceededQuery): Promise<Operation[]> {
  const [column, value] =
    "subject" in query ? (["subject", query.subject] as const) : (["target", query.target] as const);
  const rows = await database
    .selectFrom("operation")
    .selectAll()
    .where(column, "=", value)
    .where("status", "=", "SUCCEEDED")
    .where("kind", "in", query.kinds)
    .orderBy("created_at", "desc")
    .limit(SUCCEEDED_LIMIT)
    .execute();
  return rows.map(operationOf);
}

function cursorOf(row: OperationRow): string {
  return Buffer.from(`${row.created_at}:${row.id}`).toString("base64url");
}

function readCursor(cursor: string): { createdAt: number; id: string } {
  const [, createdAt, id] = /^(\d{1,15}):([0-9a-f-]{36})$/.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  if (createdAt === undefined || id === undefined) throw new InvalidCursor();
  return { createdAt: Number(createdAt), id };
}
