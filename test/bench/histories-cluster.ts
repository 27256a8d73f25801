import { Client } from "pg";
import { startSandboxes } from "../../src/sandbox";
import { type RunningProgram, startProgram } from "../kit/start/program";
import { startResponseLossProxy } from "../kit/network/response-loss-proxy";
import { createCertificateAuthority, writeTempFiles } from "../kit/certificates";
import { createSandboxControl } from "../kit/sandbox-control";
import { startOwnDatabases } from "../kit/start/databases";
import { startDelbankProxy } from "../kit/network/delbank-proxy";
import { openOperationStore, TEST_ENCRYPTION_KEY } from "../kit/operations/test-store";
import { createPostgresCrash } from "../kit/database/postgres-crash";
import { LEASE_MS, PROCESSES } from "./histories-steps";
import { type EventDetails } from "./histories-events";
import { createTempDirectory } from "../kit/temp";

/** One process of the program with its own ways to PostgreSQL and Delbank; the process comes and goes, the ways stay. */
export interface Member {
  readonly delbankProxy: Awaited<ReturnType<typeof startDelbankProxy>>;
  readonly database: Awaited<ReturnType<typeof startResponseLossProxy>>;
  readonly start: () => Promise<RunningProgram>;
  replica: RunningProgram;
  /** Resolves when a restart that was begun is over. */
  restarted: Promise<unknown>;
}

/** Short terms, so that many rounds fit into a minute; breakers and caches stay out of the way. */
const TIMING_VARIABLES = {
  REQUEST_TIMEOUT_MS: "1200",
  OPERATION_LEASE_MS: `${LEASE_MS}`,
  DELBANK_TIMEOUT_MS: "600",
  AVIBRA_TIMEOUT_MS: "600",
  CONNECT_TIMEOUT_MS: "500",
  RECONCILE_INTERVAL_MS: "50",
  SEND_WINDOW_MS: "400",
  CONFIRMATION_WINDOW_MS: "400",
  BREAKER_MIN_CALLS: "10000",
  READ_CACHE_MS: "0",
  LOG_LEVEL: "error",
};
const MORE_AUTHORIZATIONS = 9000;

/** Ways in which an administrator may have turned synchronous commits off, by a server whose WAL writer rarely comes round. */
const COMMIT_SETTINGS = [
  (name: string) => `alter database ${name} set synchronous_commit = off`,
  () => "alter role tester set synchronous_commit = off",
  () => "alter system set synchronous_commit = off",
];

async function execute(url: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

async function turnOffSynchronousCommit(url: string, seed: number): Promise<void> {
  const setting = COMMIT_SETTINGS[seed % COMMIT_SETTINGS.length]?.(new URL(url).pathname.slice(1)) ?? "select 1";
  await execute(url, [setting, "alter system set wal_writer_delay = '10s'", "select pg_reload_conf()"]);
}

/** What a database answers whose migrations were lost. */
export const isTableMissing = (error: unknown) => (error as { readonly code?: unknown }).code === "42P01";

export type HistoriesCluster = Awaited<ReturnType<typeof startHistoriesCluster>>;

/** Three processes on one PostgreSQL, with both providers, and everything that can go wrong between them. */
export async function startHistoriesCluster(seed: number, record: (eventDetails: EventDetails) => void) {
  const [sandboxes, databases, authority] = await Promise.all([
    startSandboxes({ avibraPort: 0, delbankPort: 0, extraAuthorizations: MORE_AUTHORIZATIONS }),
    startOwnDatabases(),
    createCertificateAuthority("Histories"),
  ]);
  const [databaseUrl, identity] = await Promise.all([databases.createDatabase("postgres"), authority.issue("delbank")]);
  await turnOffSynchronousCommit(databaseUrl, seed);
  const certificates = writeTempFiles({ ca: authority.cert });
  const { path: directory, remove: removeDirectory } = createTempDirectory("histories");
  const firstReads = new Map<string, string>();
  let lastPost = 0;

  async function openMember(process: number): Promise<Member> {
    const delbankProxy = await startDelbankProxy({
      target: sandboxes.delbank.url,
      identity,
      firstReads,
      events: {
        onRead: ({ recurrenceId, mode }) => {
          record({ type: "read", process, subject: recurrenceId, mode });
        },
        onPost(subject) {
          record({ type: "received", process, subject, post: ++lastPost });
          return lastPost;
        },
        onPostResponse: (post, subject, status) => {
          record({ type: "answered", post, subject, status });
        },
        onHandshakeBroken: (how) => {
          record({ type: "handshakeBroken", process, how });
        },
      },
    });
    const database = await startResponseLossProxy(databaseUrl, (how) => {
      record({ type: "answerLost", process, how });
    });
    const start = () =>
      startProgram({
        ...TIMING_VARIABLES,
        AVIBRA_BASE_URL: sandboxes.avibra.url,
        DELBANK_BASE_URL: `${delbankProxy.url}/baas/api/v1`,
        DELBANK_CA_FILE: certificates.files.ca,
        DATABASE_URL: database.url,
        DATA_DIRECTORY: directory,
        LEDGER_KEY: TEST_ENCRYPTION_KEY,
      });
    const replica = await start();
    return { delbankProxy, database, start, replica, restarted: Promise.resolve() };
  }
  const members = await Promise.all(Array.from({ length: PROCESSES }, (_, process) => openMember(process)));
  // With an even seed the first crash may take the migrations too.
  if (seed % 2 === 1) await execute(databaseUrl, ["checkpoint"]);
  const { store, database } = openOperationStore(databaseUrl);
  const postgres = await createPostgresCrash(databases, databaseUrl);

  return {
    members,
    ledger: store,
    postgres,
    avibra: createSandboxControl(sandboxes.avibra.url),
    delbank: createSandboxControl(sandboxes.delbank.url),
    /** One column of a query that returns text or counts. */
    async column(query: string): Promise<string[]> {
      const client = new Client({ connectionString: databaseUrl });
      await client.connect();
      try {
        const { rows } = await client.query<Record<string, unknown>>(query);
        return rows.map((row) => String(Object.values(row)[0]));
      } catch (error) {
        if (isTableMissing(error)) return []; // even the migrations were lost: nothing is stored
        throw error;
      } finally {
        await client.end();
      }
    },
    async close(): Promise<void> {
      await Promise.all(members.map(({ restarted }) => restarted));
      await Promise.all(members.map(({ replica }) => replica.kill()));
      await database.close();
      await Promise.all(members.map((member) => Promise.all([member.delbankProxy.close(), member.database.close()])));
      await postgres.start(); // a server that is down cannot be stopped
      await Promise.all([sandboxes.close(), databases.stop()]);
      certificates.remove();
      removeDirectory();
    },
  };
}
