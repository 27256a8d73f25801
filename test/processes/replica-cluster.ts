import { sql } from "kysely";
import { type Dialect } from "../../src/platform/database/apply-migrations";
import { type Sandboxes, startSandboxes } from "../../src/sandbox";
import { openOperationStore, TEST_ENCRYPTION_KEY } from "../kit/operations/test-store";
import { createSandboxControl } from "../kit/sandbox-control";
import { type Databases, startDatabases } from "../kit/start/databases";
import { type RunningProgram, startProgram } from "../kit/start/program";
import { createTempDirectory } from "../kit/temp";
import { IDEMPOTENCY_KEY, type Mutation } from "./mutations";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/**
 * Timeouts of minutes, so that no normal response is late on a busy machine. No lease and no window ends during a
 * test, unless the test calls `passTime`.
 */
const TIMING_VARIABLES = {
  REQUEST_TIMEOUT_MS: `${5 * MINUTE}`,
  AVIBRA_TIMEOUT_MS: `${4 * MINUTE}`,
  DELBANK_TIMEOUT_MS: `${4 * MINUTE}`,
  OPERATION_LEASE_MS: `${10 * MINUTE}`,
  SEND_WINDOW_MS: `${2 * HOUR}`,
  CONFIRMATION_WINDOW_MS: `${2 * HOUR}`,
  RECONCILE_INTERVAL_MS: "100",
};
/** Past a lease, and long before the end of a window. */
export const PAST_LEASE_MS = 11 * MINUTE;
/** Past the confirmation window of a `once` operation. */
export const PAST_WINDOW_MS = 3 * HOUR;

export interface ReplicaClusterOptions {
  /** Active authorizations at Delbank besides the seeds: `authorizationId`. */
  readonly authorizations?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** By default, the simulated providers run in this process. */
  readonly startProviders?: (extraAuthorizations: number) => Promise<Sandboxes>;
}

const startInProcess = (extraAuthorizations: number) => startSandboxes({ extraAuthorizations });

/** Both sandboxes, a database and a data directory; `start` starts one more process of the program on them. */
export async function createReplicaCluster(
  dialect: Dialect,
  {
    authorizations = 0,
    environment: clusterEnvironment = {},
    startProviders = startInProcess,
  }: ReplicaClusterOptions = {},
) {
  const { path: directory, remove: removeDirectory } = createTempDirectory("cluster");
  const replicas = new Set<RunningProgram>();
  let databases: Databases | undefined;
  let sandboxes: Sandboxes | undefined;
  let closeDatabase: (() => Promise<void>) | undefined;

  async function stop(): Promise<void> {
    await Promise.all([...replicas].map((replica) => replica.kill()));
    await closeDatabase?.();
    await sandboxes?.close();
    await databases?.stop();
    removeDirectory();
  }

  async function open() {
    if (dialect === "postgres") databases = await startDatabases();
    const databaseUrl = (await databases?.createDatabase("postgres")) ?? `sqlite:${directory}/subgraph.db`;
    const { avibra, delbank } = (sandboxes = await startProviders(authorizations));
    const { store, database } = openOperationStore(databaseUrl);
    closeDatabase = () => database.close();
    return {
      databaseUrl,
      store,
      kysely: database.kysely,
      avibra: createSandboxControl(avibra.url),
      delbank: createSandboxControl(delbank.url),
    };
  }
  const opened = await open().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const { avibra, delbank, databaseUrl, store, kysely } = opened;
  const providers = { avibra, delbank };
  const environment = {
    ...TIMING_VARIABLES,
    AVIBRA_BASE_URL: avibra.url,
    DELBANK_BASE_URL: `${delbank.url}/baas/api/v1`,
    DATABASE_URL: databaseUrl,
    DATA_DIRECTORY: directory,
    LEDGER_KEY: TEST_ENCRYPTION_KEY,
    ...clusterEnvironment,
  };

  return {
    ...providers,
    databaseUrl,
    /** The variables of each process. */
    environment,
    store,
    stop,
    /** What the provider has committed for the mutation's member or authorization. */
    async commits({ vendor, subject }: Mutation) {
      return (await providers[vendor].state()).commits.filter((commit) => commit.subject === subject);
    },
    /** How many requests of the mutation its provider has received. */
    async countRequests({ vendor, path, subject }: Mutation): Promise<number> {
      const requests = await providers[vendor].requests(path);
      const isOwn = ({ method, body }: (typeof requests)[number]) =>
        method === "POST" && (vendor === "delbank" || body.includes(`"${subject}"`));
      return requests.filter(isOwn).length;
    },
    /** The stored operation of the mutation. */
    find: ({ claims }: Mutation, idempotencyKey = IDEMPOTENCY_KEY) => store.findByKey(claims.sub, idempotencyKey),
    /** Lets time pass for what the database holds unsettled, of everyone or only of one caller or one process: sets its times back. */
    async passTime(ms: number, { principal, pid }: { readonly principal?: string; readonly pid?: number } = {}) {
      const callers = principal === undefined ? sql`true` : sql`principal = ${principal}`;
      const leases = pid === undefined ? sql`true` : sql`lease_owner like ${`%:${pid}#%`}`;
      await sql`update operation set created_at = created_at - ${ms}, sent_at = sent_at - ${ms},
        unconfirmed_since = unconfirmed_since - ${ms}, next_attempt_at = next_attempt_at - ${ms},
        lease_until = lease_until - ${ms} where settled_at is null and ${callers} and ${leases}`.execute(kysely);
      if (principal !== undefined) return;
      await sql`update message set next_attempt_at = next_attempt_at - ${ms}, lease_until = lease_until - ${ms}
        where ${leases}`.execute(kysely);
    },
    /** Lets the reconcilers execute every unconfirmed operation now, not after their delay, which grows with its age. */
    async makeDue(): Promise<void> {
      await sql`update operation set next_attempt_at = 0 where status = 'UNCONFIRMED' and lease_owner is null`.execute(
        kysely,
      );
    },
    async start(override: Readonly<Record<string, string>> = {}): Promise<RunningProgram> {
      const replica = await startProgram({ ...environment, ...override });
      replicas.add(replica);
      return replica;
    },
  };
}
export type ReplicaCluster = Awaited<ReturnType<typeof createReplicaCluster>>;
