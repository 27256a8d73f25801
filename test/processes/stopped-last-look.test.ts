import { type Databases, startDatabases } from "../kit/start/databases";
import { createMigratedStore } from "../kit/operations/test-store";
import { DEBUGGABLE_ENV } from "../kit/start/debugger";
import { waitFor } from "../kit/wait-for";
import { setBreakpoint } from "./breakpoint";
import { type RunningProgram } from "../kit/start/program";
import {
  CANCEL_PIX,
  CHANGE_OFFER,
  createReplicaCluster,
  DIALECTS,
  IDEMPOTENCY_KEY,
  MEMBER,
  type Mutation,
  countMutationRequests,
  SETTLE,
  type ReplicaCluster,
} from "./replica-cluster";
import { RECURRENCE_ID } from "../kit/seeds/ids";

jest.setTimeout(240_000);

const TERMS = {
  REQUEST_TIMEOUT_MS: "4000",
  OPERATION_LEASE_MS: "4100",
  RECONCILE_INTERVAL_MS: "100",
  CONFIRMATION_WINDOW_MS: "600000",
  LOG_LEVEL: "info",
};
/** The process to be stopped: it looks seldom. */
const STOPPED_TERMS = { ...TERMS, ...DEBUGGABLE_ENV, RECONCILE_INTERVAL_MS: "3000" };
const PATIENCE_MS = 120_000;

interface LastLook {
  readonly mutation: Mutation;
  readonly kind: string;
  readonly input: object;
  readonly target?: string;
  /** Makes every look the last one. */
  readonly window: Readonly<Record<string, string>>;
}

const { recurrenceId, requesterType, requesterDocument, reason } = CANCEL_PIX.input;
const { userId, offerId, direction } = CHANGE_OFFER.input;
const LAST_LOOKS: readonly LastLook[] = [
  {
    mutation: CANCEL_PIX,
    kind: "CANCEL_PIX_AUTHORIZATION",
    input: { recurrenceId, requesterType, requesterDocument, reason, payerTaxId: MEMBER.tax_id },
    target: RECURRENCE_ID,
    window: { CONFIRMATION_WINDOW_MS: "1" },
  },
  {
    mutation: CHANGE_OFFER,
    kind: "CHANGE_OFFER",
    input: { userId, offerId, direction },
    window: { KEYED_WINDOW_MS: "1" },
  },
];

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
}, 60_000);
afterAll(() => databases.stop());

describe.each(DIALECTS)("a process that was stopped in its last look, before it settled, on %s,", (dialect) => {
  let world: ReplicaCluster;
  beforeEach(async () => {
    world = await createReplicaCluster(databases, dialect);
  });
  afterEach(() => world.stop());

  const statusOf = async () => (await world.store.findByKey(MEMBER.sub, IDEMPOTENCY_KEY))?.status;
  const hasReconciled = (replica: RunningProgram) => replica.output().includes('"operation reconciled"') || undefined;

  test.each(LAST_LOOKS)("at $mutation.name: does not fail what its successor is sending", async (lastLook) => {
    const { mutation, kind, input, target, window } = lastLook;
    const provider = world[mutation.vendor];
    const { store, database } = await createMigratedStore(world.databaseUrl);
    const claim = {
      principal: MEMBER.sub,
      idempotencyKey: IDEMPOTENCY_KEY,
      kind,
      input,
      owner: "dead",
      leaseMs: 0,
      now: Date.now(),
    };
    const stopped = await world.start({ ...STOPPED_TERMS, ...window });
    const breakpoint = await setBreakpoint(stopped, SETTLE);
    await store.claim({ ...claim, ...(target !== undefined && { recurrenceId: target }) });
    await database.close();
    await breakpoint.waitUntilReached();

    await provider.addFault({ match: { method: "POST", path: mutation.path }, kind: "hangAfterCommit" });
    const successor = await world.start(TERMS);
    await waitFor(async () => (await world.commits(mutation.vendor))[0], PATIENCE_MS);
    expect(hasReconciled(stopped)).toBeUndefined();
    await breakpoint.resume();
    await waitFor(() => hasReconciled(stopped), PATIENCE_MS);
    await stopped.kill(); // every look of it is a last one

    expect(["PENDING", "UNCONFIRMED", "SUCCEEDED"]).toContain(await statusOf());
    await waitFor(async () => ((await statusOf()) === "SUCCEEDED" ? "done" : undefined), PATIENCE_MS);
    expect(await world.commits(mutation.vendor)).toHaveLength(1);
    if (mutation === CANCEL_PIX) expect(await countMutationRequests(world, mutation)).toBe(1);
    expect(hasReconciled(successor)).toBe(true);
  });
});
