import { type PostgresPool, type PostgresPoolClient } from "kysely";
import { Pool, types, type PoolClient } from "pg";
import { DatabaseUnavailable } from "./database.errors";
import { createDurableStatements, type SynchronousCommit } from "./durable-statements";
import { classifyError } from "./postgres.errors";

/** How long to wait for PostgreSQL and how many connections to hold. */
export interface PostgresOptions {
  /** For a new connection, and for a free one when all are in use, in ms. */
  readonly connectTimeoutMs: number;
  /** For one statement, enforced by the server, in ms; we stop listening a second later. */
  readonly statementTimeoutMs: number;
  readonly poolSize: number;
}

const INT8 = types.builtins.INT8;

/** The server answers a statement it cuts at the timeout itself; this is for the server that does not answer at all. */
const QUERY_TIMEOUT_GRACE_MS = 1000;

/** How often a single statement is run again after a serialization failure. One of the competitors succeeds each time. */
const MAX_RETRIES = 20;

/**
 * A PostgreSQL pool as Kysely's dialect asks for it; it connects on first use. 8-byte integers come back as numbers. Everything
 * it throws is a DatabaseUnavailable, except the server's refusal of a statement (a constraint, a syntax error). An idle
 * connection that breaks is dropped, never an unhandled event. Whatever is written is committed with at least `level`, and a
 * statement outside a transaction is run again after a serialization failure, so that any default isolation works.
 */
export function openPostgresPool(url: string, options: PostgresOptions, level: SynchronousCommit): PostgresPool {
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
    // The pool listens to idle connections only; one that breaks while lent out, between two statements, would end the process.
    client.on("error", () => undefined);
  });
  pool.on("error", () => undefined);

  const isCurrent = (client: PoolClient) => generations.get(client) === generation;

  /** Connections that were opened before a failover are closed, not given out: each would fail once, or be silent. */
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
        // A connection without its answer may still be waiting for it; a rollback would wait behind it as long again.
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
      // Kysely's second form, with a cursor, is for streaming, which this pool does not offer.
      query: query as unknown as PostgresPoolClient["query"],
      release: (destroy) => {
        client.release(destroy === true || lostSession !== undefined);
      },
    };
  }

  return {
    options: {},
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
