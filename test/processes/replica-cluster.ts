import { startSandboxes } from "../../src/sandbox";
import { MEMBER_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { createSandboxControl } from "../kit/sandbox-control";
import { type Databases } from "../kit/start/databases";
import { openOperationStore, TEST_ENCRYPTION_KEY } from "../kit/operations/test-store";
import { type GraphqlResponse } from "../kit/http/graphql-client";
import { type CodeLocation } from "./breakpoint";
import { type RunningProgram, startProgram } from "../kit/start/program";
import { createTempDirectory } from "../kit/temp";

export type Dialect = "sqlite" | "postgres";
/** `npm test` runs on SQLite, `npm run test:all` on PostgreSQL: the crash matrices are too slow for both. */
export const DIALECTS: readonly Dialect[] = process.env["TEST_ALL"] === "true" ? ["postgres"] : ["sqlite"];

/** Claims of the payer of `RECURRENCE_ID`. */
export const MEMBER = { sub: MEMBER_ID, tax_id: PAYER_TAX_ID, scope: "pix:cancel" };
export const IDEMPOTENCY_KEY = "one-press";
/** The lease is longer than the operation timeout, and the confirmation window longer than the lease, so that it is polled once within it. */
const TIMING_VARIABLES = {
  REQUEST_TIMEOUT_MS: "3000",
  OPERATION_LEASE_MS: "3200",
  RECONCILE_INTERVAL_MS: "100",
  CONFIRMATION_WINDOW_MS: "5000",
};

const OPERATION = "operation { id status attempts idempotencyKey } userErrors { code }";
export const CHANGE_OFFER = {
  name: "changeOffer (keyed)",
  vendor: "avibra",
  path: "/user/offers",
  query: `mutation ($input: ChangeOfferInput!) { payload: changeOffer(input: $input) { ${OPERATION} } }`,
  input: { idempotencyKey: IDEMPOTENCY_KEY, userId: "u-1001", offerId: "premium", direction: "UPGRADE" },
} as const;
export const CANCEL_PIX = {
  name: "cancelPixAuthorization (once)",
  vendor: "delbank",
  path: `/baas/api/v1/automatic-pix/authorizations/${RECURRENCE_ID}/cancellations`,
  query: `mutation ($input: CancelPixAuthorizationInput!) { payload: cancelPixAuthorization(input: $input) { ${OPERATION} pixCancellation { id } } }`,
  input: {
    idempotencyKey: IDEMPOTENCY_KEY,
    recurrenceId: RECURRENCE_ID,
    requesterType: "NATURAL",
    requesterDocument: MEMBER.tax_id,
    reason: "REQUESTED_BY_PAYER",
  },
} as const;
export type Mutation = typeof CHANGE_OFFER | typeof CANCEL_PIX;

/** Functions of the built program to stop at. */
export const MARK_SENT: CodeLocation = { file: "platform/operations/operation.store.js", name: "markSent" };
export const SETTLE: CodeLocation = { file: "platform/operations/operation.store.js", name: "settleIf" };
export const TO_OPERATION: CodeLocation = { file: "features/operation/to-operation.js", name: "toOperation" };
export const REQUEST_CANCELLATION: CodeLocation = {
  file: "providers/delbank/delbank.client.js",
  name: "requestCancellation",
};
export const CHANGE_OFFER_CALL: CodeLocation = { file: "providers/avibra/avibra.wire.js", name: "toOfferChangeBody" };

/** Both sandboxes, a database and a data directory; `start` starts one more process of the program on them. */
export async function createReplicaCluster(databases: Databases, dialect: Dialect) {
  const replicas = new Set<RunningProgram>();
  const [sandboxes, databaseUrl] = await Promise.all([
    startSandboxes({ avibraPort: 0, delbankPort: 0 }),
    databases.createDatabase(dialect),
  ]);
  const { path: directory, remove: removeDirectory } = createTempDirectory("world");
  const { store, database } = openOperationStore(databaseUrl);
  return {
    store,
    databaseUrl,
    avibra: createSandboxControl(sandboxes.avibra.url),
    delbank: createSandboxControl(sandboxes.delbank.url),
    commits: async (vendor: "avibra" | "delbank") =>
      (await createSandboxControl(sandboxes[vendor].url).state()).commits,
    async start(environment: Readonly<Record<string, string>> = {}): Promise<RunningProgram> {
      const replica = await startProgram({
        ...TIMING_VARIABLES,
        AVIBRA_BASE_URL: sandboxes.avibra.url,
        DELBANK_BASE_URL: `${sandboxes.delbank.url}/baas/api/v1`,
        DATABASE_URL: databaseUrl,
        DATA_DIRECTORY: directory,
        LEDGER_KEY: TEST_ENCRYPTION_KEY,
        ...environment,
      });
      replicas.add(replica);
      return replica;
    },
    async stop() {
      for (const replica of replicas) await replica.kill();
      await database.close();
      await sandboxes.close();
      removeDirectory();
    },
  };
}
export type ReplicaCluster = Awaited<ReturnType<typeof createReplicaCluster>>;

/** Sends a mutation to one process as the member. */
export function sendMutation(replica: RunningProgram, { query, input }: Mutation): Promise<GraphqlResponse> {
  return replica.graphql(query, { variables: { input }, claims: MEMBER });
}

/** How many requests of the mutation its provider has received. */
export async function countMutationRequests(cluster: ReplicaCluster, { vendor, path }: Mutation): Promise<number> {
  return (await cluster[vendor].requests(path)).filter(({ method }) => method === "POST").length;
}
