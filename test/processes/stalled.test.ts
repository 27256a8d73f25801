import { ONE_DIALECT } from "../kit/database/one-dialect";
import { startTcpSwitch, type TcpSwitch } from "../kit/network/tcp-switch";
import { DEBUGGABLE_ENV } from "../kit/start/debugger";
import { type RunningProgram } from "../kit/start/program";
import { waitFor } from "../kit/wait-for";
import { type CodeLocation, setBreakpoint } from "./breakpoint";
import {
  ACQUIRE_LOCK,
  authorizationId,
  CANCELLATION_CALL,
  cancelPix,
  MARK_SENT,
  type Mutation,
  sendMutation,
  SETTLE,
} from "./mutations";
import { createReplicaCluster, PAST_LEASE_MS, PAST_WINDOW_MS, type ReplicaCluster } from "./replica-cluster";

jest.setTimeout(600_000);

const HOUR = 3_600_000;
const SETTLED = ["SUCCEEDED", "FAILED", "NEEDS_ATTENTION"];

describe.each(ONE_DIALECT)("a process that stalled past its lease, on %s", (dialect) => {
  let cluster: ReplicaCluster;
  let stalled: RunningProgram;
  /** Takes over operations whose lease has ended. Its requests to Delbank can be cut. */
  let other: RunningProgram;
  let link: TcpSwitch;
  let authorizations = 0;

  beforeAll(async () => {
    cluster = await createReplicaCluster(dialect, { authorizations: 10 });
    link = await startTcpSwitch();
    link.setTarget(cluster.delbank.url);
    stalled = await cluster.start({ ...DEBUGGABLE_ENV, RECONCILE_INTERVAL_MS: "600000" });
    other = await cluster.start({ DELBANK_BASE_URL: `${link.url}/baas/api/v1` });
  });
  afterEach(() => cluster.delbank.clearFaults());
  afterAll(async () => {
    await cluster.stop();
    await link.close();
  });

  /** For a member and an authorization that no other test uses. */
  const nextMutation = (): Mutation => cancelPix(authorizationId((authorizations += 1)), `member-${authorizations}`);

  async function stallAt(place: CodeLocation, mutation: Mutation) {
    const breakpoint = await setBreakpoint(stalled, place);
    const response = sendMutation(stalled, mutation);
    response.catch(() => undefined); // rejects if the process is killed; a test that awaits it fails then
    await breakpoint.waitUntilReached();
    return {
      response,
      resume: breakpoint.resume,
      /** For the operation and for the paused process. */
      passTime: async (ms: number): Promise<void> => {
        await breakpoint.advanceClock(ms);
        await cluster.passTime(ms, { principal: mutation.claims.sub });
      },
    };
  }
  const waitUntilSettled = (mutation: Mutation, idempotencyKey?: string) =>
    waitFor(async () => {
      const operation = await cluster.find(mutation, idempotencyKey);
      return operation && SETTLED.includes(operation.status) ? operation : undefined;
    });
  const countEffects = async (mutation: Mutation) => ({
    requests: await cluster.countRequests(mutation),
    commits: (await cluster.commits(mutation)).length,
  });

  test.each([
    { stop: "before it wrote sent_at", place: MARK_SENT, passMs: PAST_LEASE_MS, end: "SUCCEEDED", effects: 1 },
    {
      stop: "between sent_at and the POST",
      place: CANCELLATION_CALL,
      passMs: PAST_WINDOW_MS,
      end: "NEEDS_ATTENTION",
      effects: 0,
    },
    { stop: "before it stored the response", place: SETTLE, passMs: PAST_LEASE_MS, end: "SUCCEEDED", effects: 1 },
  ])(
    "$stop: the process that takes over settles it as $end, both return that, and $effects POST is sent",
    async ({ place, passMs, end, effects }) => {
      const mutation = nextMutation();
      const { response, resume, passTime } = await stallAt(place, mutation);
      await passTime(passMs);
      expect(await waitUntilSettled(mutation)).toMatchObject({ status: end });
      await resume();
      const { payload } = (await response).data;
      expect(payload).toMatchObject({ operation: { status: end }, userErrors: [] });
      if (end === "SUCCEEDED") expect(payload.pixCancellation).toEqual({ id: expect.stringMatching(/^IC/) as string });
      expect(await cluster.find(mutation)).toMatchObject({ status: end });
      expect(await countEffects(mutation)).toEqual({ requests: effects, commits: effects });
    },
  );

  test("before it wrote sent_at, and resumes while the other process waits for a response, sends nothing", async () => {
    const mutation = nextMutation();
    const { response, resume, passTime } = await stallAt(MARK_SENT, mutation);
    await cluster.delbank.addFault({ match: { method: "POST", path: mutation.path }, kind: "hangAfterCommit" });
    await passTime(PAST_LEASE_MS);
    await waitFor(async () => (await cluster.commits(mutation))[0]);
    await resume();
    const { payload } = (await response).data;
    expect(payload).toMatchObject({ operation: { status: "PENDING" }, userErrors: [], pixCancellation: null });
    await link.close(); // the response is lost: the other reads the outcome
    await link.open();
    await waitFor(async () => ((await cluster.find(mutation))?.status === "UNCONFIRMED" ? true : undefined));
    await cluster.makeDue();
    expect(await waitUntilSettled(mutation)).toMatchObject({
      id: payload.operation.id,
      status: "SUCCEEDED",
      attempts: 1,
    });
    expect(await countEffects(mutation)).toEqual({ requests: 1, commits: 1 });
  });

  test("before its lock, while reads lag and another key succeeds at the other process, sends nothing", async () => {
    const mutation = nextMutation();
    const reads = await fetch(`${cluster.delbank.url}/__sandbox/reads`, {
      method: "POST",
      body: JSON.stringify({ lagMs: HOUR }),
    });
    expect(reads.status).toBe(200);
    const { response, resume } = await stallAt(ACQUIRE_LOCK, mutation);
    const { data } = await sendMutation(other, mutation, "another-key");
    expect(data.payload.operation.status).toBe("SUCCEEDED");
    await resume();
    expect((await response).data.payload.userErrors).toEqual([{ code: "ALREADY_CANCELLED" }]);
    expect(await waitUntilSettled(mutation)).toMatchObject({
      status: "FAILED",
      attempts: 0,
      failure: { code: "ALREADY_CANCELLED" },
    });
    expect(await countEffects(mutation)).toEqual({ requests: 1, commits: 1 });
    await fetch(`${cluster.delbank.url}/__sandbox/reads`, { method: "POST", body: JSON.stringify({ lagMs: 0 }) });
  });

  // Must be the last test: it kills the process.
  test("and is killed before it wrote sent_at: past the window, the operation is FAILED and nothing was sent", async () => {
    const mutation = nextMutation();
    const { response } = await stallAt(MARK_SENT, mutation);
    await stalled.kill();
    await expect(response).rejects.toThrow();
    await cluster.passTime(PAST_WINDOW_MS, { principal: mutation.claims.sub });
    expect(await waitUntilSettled(mutation)).toMatchObject({ status: "FAILED" });
    expect(await countEffects(mutation)).toEqual({ requests: 0, commits: 0 });
  });
});
