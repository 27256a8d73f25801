import { type PostgresPool, type PostgresPoolClient } from "kysely";
import { DatabaseError, Pool, types, type PoolClient } from "pg";
import { DatabaseUnavailable } from "./database.errors";

/** How long to wait for PostgreSQL and how many connections to hold. */
export interface PostgresLimits {
  /** For a new connection, and for a free one when all are in use, in ms. */
  readonly connectTimeoutMs: number;
  /** For one statement, enforced by the server, in ms; we stop listening a second later. */
  readonly statementTimeoutMs: number;
  readonly poolSize: number;
}

const INT8 = types.builtins.INT8;

/** The server answers a statement it cuts at the timeout itself; this is for the server that does not answer at all. */
const SILENCE_GRACE_MS = 1000;

/**
 * SQLSTATE classes in which the statement was right and the server could not do it: connection, authorization, catalog name,
 * transaction rollback, resources, object not in the right state, operator, system, configuration, internal.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const UNAVAILABLE_CLASSES = new Set(["08", "28", "3D", "40", "53", "55", "57", "58", "F0", "XX"]);
/** What a server answers that became a standby under us. */
const READ_ONLY = "25006";
/** The server ended the session (shutdown, crash, idle too long), perhaps after the statement had its effect. */
const SESSION_ENDED = /^(08|57P0|25P03)/;

/**
 * A PostgreSQL pool as Kysely's dialect asks for it; it connects on first use. 8-byte integers come back as numbers. Everything
 * it throws is a DatabaseUnavailable, except the server's refusal of a statement (a constraint, a syntax error). An idle
 * connection that breaks is dropped, never an unhandled event.
 */
export function openPostgresPool(url: string, limits: PostgresLimits): PostgresPool {
  const pool = new Pool({
    connectionString: url,
    max: limits.poolSize,
    connectionTimeoutMillis: limits.connectTimeoutMs,
    statement_timeout: limits.statementTimeoutMs,
    idle_in_transaction_session_timeout: limits.statementTimeoutMs,
    query_timeout: limits.statementTimeoutMs + SILENCE_GRACE_MS,
    keepAlive: true,
    types: { getTypeParser: (oid, format) => (oid === INT8 ? Number : types.getTypeParser(oid, format)) as unknown },
  });
  // The pool listens to idle connections only; one that breaks while lent out, between two statements, would end the process.
  pool.on("connect", (client) => client.on("error", () => undefined));
  pool.on("error", () => undefined);
  return {
    options: {},
    end: () => pool.end(),
    connect: async () => {
      try {
        return lend(await pool.connect());
      } catch (error) {
        throw new DatabaseUnavailable(false, error);
      }
    },
  };
}

function lend(client: PoolClient): PostgresPoolClient {
  let broken: DatabaseUnavailable | undefined;
  async function query(sql: string, parameters: readonly unknown[]): Promise<unknown> {
    // A connection without its answer may still be waiting for it; a rollback would wait behind it as long again.
    if (broken) throw broken;
    try {
      return await client.query(sql, [...parameters]);
    } catch (error) {
      const code = error instanceof DatabaseError ? error.code : undefined;
      if (code === undefined || SESSION_ENDED.test(code)) throw (broken = new DatabaseUnavailable(true, error));
      throw isUnavailable(code) ? new DatabaseUnavailable(false, error) : error;
    }
  }
  return {
    // Kysely's second form, with a cursor, is for streaming, which this pool does not offer.
    query: query as unknown as PostgresPoolClient["query"],
    release: (destroy) => {
      client.release(destroy === true || broken !== undefined);
    },
  };
}

function isUnavailable(code: string): boolean {
  return UNAVAILABLE_CLASSES.has(code.slice(0, 2)) || code === READ_ONLY;
}
