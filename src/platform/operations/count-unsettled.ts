import { type Kysely, sql } from "kysely";
import { type OperationTables } from "./operation-row";
import { isSettled, type OperationStatus, operationStatuses } from "./operation-status.state";

/** Counting stops here, so that its cost does not grow with a backlog. */
const MAX_COUNTED = 10_000;

/** The operations in one status; `oldestCreatedAt` in epoch ms, null if there are none. */
export interface UnsettledCount {
  readonly status: OperationStatus;
  readonly count: number;
  readonly oldestCreatedAt: number | null;
}

/** Counts the operations in each status that is not final, from the oldest, at most 10,000. One statement, from an index. */
export async function countUnsettled(database: Kysely<OperationTables>): Promise<UnsettledCount[]> {
  const selectStatus = (status: OperationStatus) => {
    const oldest = database
      .selectFrom("operation")
      .select("created_at")
      .where("status", "=", status)
      .orderBy("created_at")
      .orderBy("id")
      .limit(MAX_COUNTED);
    return database
      .selectFrom(oldest.as("oldest"))
      .select((row) => [
        sql.lit(status).as("status"),
        row.fn.countAll<number>().as("count"),
        row.fn.min("created_at").as("oldestCreatedAt"),
      ]);
  };
  const [first, ...others] = operationStatuses.filter((status) => !isSettled(status)).map(selectStatus);
  return first ? await others.reduce((all, one) => all.unionAll(one), first).execute() : [];
}
