import { sql } from "kysely";
import { type Database } from "../../../src/platform/database/open-database";

const HOUR_MS = 3_600_000;

/** Database options under which no statement fails because the machine is slow, and every `isReachable` writes. */
export const HOUR_TIMEOUTS = {
  connectTimeoutMs: HOUR_MS,
  statementTimeoutMs: HOUR_MS,
  reachableTimeoutMs: HOUR_MS,
  writeProbeTtlMs: 0,
} as const;

/** Opens and acquires every connection of a PostgreSQL pool at once, and returns them; the ids of their server processes. */
export async function occupyPool({ kysely }: Database, poolSize: number): Promise<ReadonlySet<number>> {
  const processIds = new Set<number>();
  const { promise: areAllAcquired, resolve } = Promise.withResolvers<undefined>();
  let acquired = 0;
  const acquire = () =>
    kysely.connection().execute(async (connection) => {
      const { rows } = await sql<{ id: number }>`select pg_backend_pid() as id`.execute(connection);
      for (const { id } of rows) processIds.add(id);
      acquired += 1;
      if (acquired === poolSize) resolve(undefined);
      await areAllAcquired;
    });
  await Promise.all(Array.from({ length: poolSize }, acquire)).finally(() => {
    resolve(undefined);
  });
  return processIds;
}
