import { type PostgresPool, type PostgresPoolClient } from "kysely";
import { Pool, types, type PoolClient } from "pg";
import { DatabaseUnavailable } from "./database.errors";
import { createDurableStatements, type SynchronousCommit } from "./durable-statements";
import { classifyError } from "./postgres.errors";

/** Timeouts and pool size of PostgreSQL connections. */
export interface PostgresOptions {
  /** For a new connection, and for a free one if all are in use, in ms. */
  readonly connectTimeoutMs: number;
  /** For one statement, enforced by the server, in ms; the client gives up a second later. */
  readonly statementTimeoutMs: number;
  readonly poolSize: number;
}

/** Connections of a pool, and statements that wait for one. */
export type ConnectionCounts = Readonly<Record<"used" | "idle" | "waiting", number>>;

const INT8 = types.builtins.INT8;

/** The server reports a statement that it cancels at the timeout; this is for a server that does not respond at all. */
const QUERY_TIMEOUT_GRACE_MS = 1000;

/** How often a single statement is retried after a serialization failure. One of the concurrent statements succeeds each time. */
const MAX_RETRIES = 20;

/**
 * A PostgreSQL pool for Kysely's dialect; it connects on first use. 8-byte integers are returned as numbers. It throws
 * DatabaseUnavailable, except if the server rejects a statement (a constraint, a syntax error). An idle connection that breaks is
 * dropped without an unhandled event. Writes are committed with at least `level`, and a statement outside a transaction is retried
 * after a serialization failure, so that any default isolation level works.
 */
export function openPostgresPool(
  url: string,
  options: PostgresOptions,
  level: SynchronousCommit,
): PostgresPool & { readonly connections: () => ConnectionCounts } {
  const pool = new Pool({
    connectionString: url,
    max: options.poolSize,
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    idle_in_transaction_session_timeout: options.statementTimeoutMs,
    query_timeout: options.statementTimeoutMs + QUERY_TIMEOUT_GRACE_MS,
    keepAlive: true,
    types: { getTypeParser: (oid, format) => (oid === INT8 ? Number : types.getTypeParser(oid, format)) as unknown },
  });
  const generations = new WeakMap<PoolClient, number>();
  let generation = 0;
  pool.on("connect", (client) => {
    generations.set(client, generation);
    // The pool listens to idle connections only: an acquired one that breaks between two statements would end the process.
    client.on("error", () => undefined);
  });
  pool.on("error", () => undefined);

  const isCurrent = (client: PoolClient) => generations.get(client) === generation;

  /** Closes connections that were opened before a failover: a statement on each would fail or never return. */
  async function acquireCurrent(): Promise<PoolClient> {
    for (;;) {
      const client = await pool.connect();
      if (isCurrent(client)) return client;
      client.release(true);
    }
  }

  function wrapClient(client: PoolClient): PostgresPoolClient {
    const statements = createDurableStatements(client, level);
    let lostSession: { readonly error: unknown } | undefined;

    async function query(sql: string, parameters: readonly unknown[]): Promise<unknown> {
      for (let retry = 0; ; retry += 1) {
        // After a lost response the connection may still wait for it, and a rollback would wait as long again.
        if (lostSession) throw lostSession.error;
        const isAutocommit = statements.isAutocommit();
        try {
          return await statements.run(sql, parameters);
        } catch (thrown) {
          const failure = classifyError(thrown);
          if (failure.isSessionOver) lostSession = failure;
          if (failure.shouldInvalidatePool && isCurrent(client)) generation += 1;
          if (!isAutocommit || !failure.isRetryable || retry === MAX_RETRIES) throw failure.error;
        }
      }
    }
    return {
      // Kysely's second form, with a cursor, is for streaming, which this pool does not support.
      query: query as unknown as PostgresPoolClient["query"],
      release: (destroy) => {
        client.release(destroy === true || lostSession !== undefined);
      },
    };
  }

  return {
    options: {},
    connections: () => ({
      used: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
    }),
    end: () => pool.end(),
    connect: async () => {
      try {
        return wrapClient(await acquireCurrent());
      } catch (error) {
        throw new DatabaseUnavailable(false, error);
      }
    },
  };
}
