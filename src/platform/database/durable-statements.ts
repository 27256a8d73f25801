import { type Connection, type PoolClient, Query, type QueryConfig, type QueryResult } from "pg";

/** The minimum of PostgreSQL's `synchronous_commit` for each transaction that writes. */
export type SynchronousCommit = "on" | "remote_apply";

/**
 * Raises `synchronous_commit` until the end of the current transaction and never lowers it. Returns no row. It leaves no state in the
 * session, so it also works with a pooler that assigns a server connection to each transaction.
 */
function buildRaiseLevelSql(level: SynchronousCommit): string {
  const weakerLevels = level === "on" ? "'off', 'local', 'remote_write'" : "'off', 'local', 'remote_write', 'on'";
  return `select where case when current_setting('synchronous_commit') in (${weakerLevels})
    then set_config('synchronous_commit', '${level}', true) is null else false end`;
}

/** Read committed, whatever the database's default is: a statement that waited for a lock must read what was committed since. */
const BEGIN_STATEMENTS: ReadonlyMap<string, string> = new Map([["begin", "begin isolation level read committed"]]);
/** Statements that are sent unchanged. No select of this program calls a function that writes. */
const READ_PATTERN = /^\s*select\b/i;
const IDLE_STATUS = "I";

/**
 * Runs statements on a connection so that what they write is committed with at least `level`. Each statement of the program to
 * PostgreSQL is run here. A single statement costs no additional round trip.
 */
export function createDurableStatements(client: PoolClient, level: SynchronousCommit) {
  const raiseLevelSql = buildRaiseLevelSql(level);

  /** Both statements are executed before one Sync message, so they are one transaction. */
  function runWithRaisedLevel(sql: string, parameters: unknown[]): Promise<QueryResult> {
    return new Promise((resolve, reject) => {
      const config: QueryConfig & { queryMode: "extended" } = { text: sql, values: parameters, queryMode: "extended" };
      const query = new Query(config, (error: Error | null | undefined, results: unknown) => {
        if (error) reject(error);
        else resolve((results as readonly QueryResult[]).at(-1) as QueryResult);
      });
      const submit = query.submit.bind(query);
      query.submit = (connection: Connection) => {
        connection.stream.cork();
        connection.parse({ text: raiseLevelSql, name: "", types: [] }, true);
        connection.bind({}, true);
        connection.execute({}, true);
        submit(connection);
        connection.stream.uncork();
      };
      client.query(query);
    });
  }

  return {
    /** Whether the next statement is a transaction of its own. */
    isAutocommit: () => client.getTransactionStatus() === IDLE_STATUS,

    async run(sql: string, parameters: readonly unknown[]): Promise<unknown> {
      const isInTransaction = client.getTransactionStatus() !== IDLE_STATUS;
      if (isInTransaction || READ_PATTERN.test(sql)) return await client.query(sql, [...parameters]);
      const beginStatement = BEGIN_STATEMENTS.get(sql);
      return beginStatement === undefined
        ? await runWithRaisedLevel(sql, [...parameters])
        : await client.query(`${beginStatement}; ${raiseLevelSql}`);
    },
  };
}
