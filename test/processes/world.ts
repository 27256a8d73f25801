import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSandboxes } from "../../src/sandbox";
import { createControl } from "../support/control";
import { type Databases } from "../support/databases";
import { openLedger, TEST_LEDGER_KEY } from "../support/ledgers";
import { type GraphqlAnswer } from "../support/subgraph";
import { type Place } from "./breakpoint";
import { type Replica, startReplica } from "./replica";

export const DIALECTS = ["sqlite", "postgres"] as const;
export type Dialect = (typeof DIALECTS)[number];

export const RECURRENCE = "RR0435879820240605njua7shf40o";
/** Who asks, and pays by that authorization. */
export const MEMBER = { sub: "u-1001", tax_id: "04623217035", scope: "pix:cancel" };
export const KEY = "one-press";
/** A lease outlives the operation's timeout; the confirmation window outlives the lease, so that there is a look within it. */
const TERMS = {
  OPERATION_TIMEOUT_MS: "3000",
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
  input: { idempotencyKey: KEY, userId: "u-1001", offerId: "premium", direction: "UPGRADE" },
} as const;
export const CANCEL_PIX = {
  name: "cancelPixAuthorization (once)",
  vendor: "delbank",
  path: `/baas/api/v1/automatic-pix/authorizations/${RECURRENCE}/cancellations`,
  query: `mutation ($input: CancelPixAuthorizationInput!) { payload: cancelPixAuthorization(input: $input) { ${OPERATION} pixCancellation { id } } }`,
  input: {
    idempotencyKey: KEY,
    recurrenceId: RECURRENCE,
    requesterType: "NATURAL",
    requesterDocument: MEMBER.tax_id,
    reason: "REQUESTED_BY_PAYER",
  },
} as const;
export type Mutation = typeof CHANGE_OFFER | typeof CANCEL_PIX;

/** Places to stop at. */
export const MARK_SENT: Place = { file: "platform/ledger/ledger.store.js", name: "markSent" };
export const SETTLE: Place = { file: "platform/ledger/ledger.store.js", name: "settleIf" };
export const TELL: Place = { file: "features/operation/to-operation.js", name: "toOperation" };
export const POST: Place = { file: "providers/delbank/delbank.client.js", name: "requestCancellation" };
export const WRITE: Place = { file: "providers/avibra/avibra.client.js", name: "changeOffer" };

/** Both providers and a data directory, for any number of lives of the program on one database. */
export async function createWorld(databases: Databases, dialect: Dialect) {
  const running = new Set<Replica>();
  const [sandboxes, databaseUrl] = await Promise.all([
    startSandboxes({ avibraPort: 0, delbankPort: 0 }),
    databases.fresh(dialect),
  ]);
  const directory = mkdtempSync(join(tmpdir(), "world-"));
  const { ledger, database } = openLedger(databaseUrl);
  return {
    ledger,
    databaseUrl,
    avibra: createControl(sandboxes.avibra.url),
    delbank: createControl(sandboxes.delbank.url),
    commits: (vendor: "avibra" | "delbank") => commitsOf(sandboxes[vendor]),
    async start(environment: Readonly<Record<string, string>> = {}): Promise<Replica> {
      const replica = await startReplica({
        ...TERMS,
        AVIBRA_BASE_URL: sandboxes.avibra.url,
        DELBANK_BASE_URL: `${sandboxes.delbank.url}/baas/api/v1`,
        DATABASE_URL: databaseUrl,
        DATA_DIRECTORY: directory,
        LEDGER_KEY: TEST_LEDGER_KEY,
        ...environment,
      });
      running.add(replica);
      return replica;
    },
    async end() {
      for (const replica of running) await replica.kill();
      await database.close();
      await sandboxes.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
export type World = Awaited<ReturnType<typeof createWorld>>;

/** One effect that really happened at a provider. */
export interface Commit {
  readonly operation: string;
  readonly subject: string;
  readonly idempotencyKey?: string;
}

/** Every effect at one provider, in order. */
export async function commitsOf({ url }: { readonly url: string }): Promise<Commit[]> {
  return ((await (await fetch(`${url}/__sandbox/state`)).json()) as { commits: Commit[] }).commits;
}

/** Sends it to one process as the member. */
export function send(replica: Replica, { query, input }: Mutation): Promise<GraphqlAnswer> {
  return replica.graphql(query, { input }, MEMBER);
}

/** How many requests of the mutation have come to its provider. */
export async function sentTo(world: World, { vendor, path }: Mutation): Promise<number> {
  return (await world[vendor].requests(path)).filter(({ method }) => method === "POST").length;
}
