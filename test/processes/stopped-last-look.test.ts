import { ONE_DIALECT } from "../kit/database/one-dialect";
import { startTcpSwitch, type TcpSwitch } from "../kit/network/tcp-switch";
import { createMigratedStore } from "../kit/operations/test-store";
import { DEBUGGABLE_ENV } from "../kit/start/debugger";
import { type RunningProgram } from "../kit/start/program";
import { waitFor } from "../kit/wait-for";
import { MEMBER_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { type Breakpoint, setBreakpoint } from "./breakpoint";
import { cancelPix, IDEMPOTENCY_KEY, type Mutation, SETTLE, upgradeOffer } from "./mutations";
import { createReplicaCluster, PAST_LEASE_MS, type ReplicaCluster } from "./replica-cluster";

jest.setTimeout(600_000);

interface LastAttempt {
  readonly mutation: Mutation;
  /** What its operation stores. */
  readonly input: object;
}
/** Makes each attempt of the stopped process to send an operation the last one. */
const WINDOW = { SEND_WINDOW_MS: "1" };

const CANCEL_PIX = cancelPix(RECURRENCE_ID, "member-1");
const CHANGE_OFFER = upgradeOffer(MEMBER_ID, "premium");
const LAST_ATTEMPTS: readonly LastAttempt[] = [
  {
    mutation: CANCEL_PIX,
    input: { ...CANCEL_PIX.input, payerTaxId: CANCEL_PIX.claims.tax_id },
  },
  { mutation: CHANGE_OFFER, input: CHANGE_OFFER.input },
];

const hasReconciled = (replica: RunningProgram) =>
  /"operation (reconciled|postponed)"/.test(replica.output()) || undefined;

describe.each(ONE_DIALECT)("a process that stalled in its last attempt, before it settled, on %s", (dialect) => {
  let cluster: ReplicaCluster;
  let link: TcpSwitch;
  beforeAll(async () => {
    cluster = await createReplicaCluster(dialect, { environment: { LOG_LEVEL: "info" } });
    link = await startTcpSwitch();
  });
  afterAll(async () => {
    await cluster.stop();
    await link.close();
  });

  /** An operation that a dead process has claimed and not sent. */
  async function claim({ mutation: { kind, claims, subject, vendor }, input }: LastAttempt): Promise<void> {
    const { store, database } = await createMigratedStore(cluster.databaseUrl);
    const operation = { principal: claims.sub, idempotencyKey: IDEMPOTENCY_KEY, kind, input };
    const recurrence = vendor === "delbank" ? { recurrenceId: subject } : {};
    await store.claim({ ...operation, ...recurrence, owner: "dead", leaseMs: 0, now: Date.now() });
    await database.close();
  }
  const statusOf = async (mutation: Mutation) => (await cluster.find(mutation))?.status;

  // The stalled process is killed before the next case, so that it cannot take that case's operation.
  test.each(LAST_ATTEMPTS)(
    "does not fail a $mutation.kind that its successor is sending",
    async ({ mutation, ...attempt }) => {
      const stopped = await cluster.start({ ...DEBUGGABLE_ENV, ...WINDOW });
      const breakpoint: Breakpoint = await setBreakpoint(stopped, SETTLE);
      await claim({ mutation, ...attempt });
      await breakpoint.waitUntilReached();

      await cluster[mutation.vendor].addFault({
        match: { method: "POST", path: mutation.path },
        kind: "hangAfterCommit",
      });
      link.setTarget(cluster[mutation.vendor].url);
      const path = mutation.vendor === "delbank" ? "/baas/api/v1" : "";
      const variable = mutation.vendor === "delbank" ? "DELBANK_BASE_URL" : "AVIBRA_BASE_URL";
      const successor = await cluster.start({ [variable]: `${link.url}${path}` });
      await cluster.passTime(PAST_LEASE_MS);
      await waitFor(async () => (await cluster.commits(mutation))[0]);
      expect(hasReconciled(stopped)).toBeUndefined();
      await breakpoint.resume();
      await waitFor(() => hasReconciled(stopped));
      await stopped.kill(); // each of its attempts is a last one
      expect(await statusOf(mutation)).toBe("PENDING");

      await link.close(); // the response is lost
      await link.open();
      await waitFor(async () => ((await statusOf(mutation)) === "PENDING" ? undefined : true));
      await cluster.makeDue();
      await waitFor(async () => ((await statusOf(mutation)) === "SUCCEEDED" ? true : undefined));
      expect(await cluster.commits(mutation)).toHaveLength(1);
      if (mutation === CANCEL_PIX) expect(await cluster.countRequests(mutation)).toBe(1);
      await waitFor(() => hasReconciled(successor));
      await successor.kill();
    },
  );
});
