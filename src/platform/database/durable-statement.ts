import { type Connection, type PoolClient, Query, type QueryConfig, type QueryResult } from "pg";

/** The least that PostgreSQL's `synchronous_commit` must be when a transaction of ours commits. */
export type SynchronousCommit = "on" | "remote_apply";

/**
 * Raises `synchronous_commit` until the end of the current transaction and never lowers it. Returns no row. It leaves no state
 * in the session, so it also holds behind a pooler that gives each transaction another server connection.
 */
function demandOf(level: SynchronousCommit): string {
  const weaker = level === "on" ? "'off', 'local', 'remote_write'" : "'off', 'local', 'remote_write', 'on'";
  return `select where case when current_setting('synchronous_commit') in (${weaker})
    then set_config('synchronous_commit', '${level}', true) is null else false end`;
}

/** Read committed, whatever the database's default is: what waited for a lock must see what was committed meanwhile. */
const BEGINNINGS: ReadonlyMap<string, string> = new Map([["begin", "begin isolation level read committed"]]);
/** The only statements that are sent as they are. None of ours calls a function that writes to a table. */
const READS = /^\s*select\b/i;
const IDLE = "I";

/**
 * Runs statements on a connection so that whatever they write is committed with at least `level`: the only way to
 * PostgreSQL for the program's statements. A single statement costs no additional round trip.
 */
export function createDurableStatements(client: PoolClient, level: SynchronousCommit) {
  const demand = demandOf(level);

  /** Both are executed before one Sync message, so they are one transaction. */
  function runAfterDemand(sql: string, parameters: unknown[]): Promise<QueryResult> {
    return new Promise((resolve, reject) => {
      const config: QueryConfig & { queryMode: "extended" } = { text: sql, values: parameters, queryMode: "extended" };
      const query = new Query(config, (error: Error | null | undefined, results: unknown) => {
        if (error) reject(error);
        else resolve((results as readonly QueryResult[]).at(-1) as QueryResult);
      });
      const send = query.submit.bind(query);
      query.submit = (connection: Connection) => {
        connection.stream.cork();
        connection.parse({ text: demand, name: "", types: [] }, true);
        connection.bind({}, true);
        connection.execute({}, true);
        send(connection);
        connection.stream.uncork();
      };
      client.query(query);
    });
  }

  return {
    /** Whether the next statement is a transaction of its own. */
    isSingle: () => client.getTransactionStatus() === IDLE,

    async run(sql: string, parameters: readonly unknown[]): Promise<unknown> {
      const isInside = client.getTransactionStatus() !== IDLE;
      if (isInside || READS.test(sql)) return await client.query(sql, [...parameters]);
      const beginning = BEGINNINGS.get(sql);
      return beginning === undefined
        ? await runAfterDemand(sql, [...parameters])
        : await client.query(`${beginning}; ${demand}`);
    },
  };
}
