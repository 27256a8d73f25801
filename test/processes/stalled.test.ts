import { type Databases, startDatabases } from "../kit/start/databases";
import { DEBUGGABLE_ENV } from "../kit/start/debugger";
import { waitFor } from "../kit/wait-for";
import { setBreakpoint } from "./breakpoint";
import {
  CANCEL_PIX,
  createReplicaCluster,
  DIALECTS,
  IDEMPOTENCY_KEY,
  MARK_SENT,
  MEMBER,
  REQUEST_CANCELLATION,
  sendMutation,
  countMutationRequests,
  SETTLE,
  type ReplicaCluster,
} from "./replica-cluster";

jest.setTimeout(120_000);

const TERMS = {
  REQUEST_TIMEOUT_MS: "1500",
  OPERATION_LEASE_MS: "1600",
  RECONCILE_INTERVAL_MS: "100",
  CONFIRMATION_WINDOW_MS: "3000",
};

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
}, 60_000);
afterAll(() => databases.stop());

/** A process that stands still past its lease, another that takes over, and the first one awake again. */
async function stallAt(world: ReplicaCluster, place: typeof REQUEST_CANCELLATION) {
  const stalled = await world.start({ ...TERMS, ...DEBUGGABLE_ENV });
  const breakpoint = await setBreakpoint(stalled, place);
  const answer = sendMutation(stalled, CANCEL_PIX);
  await breakpoint.waitUntilReached();
  await world.start(TERMS);
  const statusOf = async () => (await world.store.findByKey(MEMBER.sub, IDEMPOTENCY_KEY))?.status;
  const isDone = async () => {
    const status = await statusOf();
    return status === "SUCCEEDED" || status === "NEEDS_ATTENTION" ? status : undefined;
  };
  const takenOver = await waitFor(isDone, 20_000);
  await breakpoint.resume();
  const { data } = await answer;
  return { takenOver, told: data.payload, stands: await statusOf() };
}

describe.each(DIALECTS)("a process that stood still past its lease, on %s", (dialect) => {
  let world: ReplicaCluster;
  beforeEach(async () => {
    world = await createReplicaCluster(databases, dialect);
  });
  afterEach(() => world.stop());

  test("before it had written sent_at: sends nothing, and tells what the other did", async () => {
    const { takenOver, told, stands } = await stallAt(world, MARK_SENT);
    expect([takenOver, told.operation.status, stands]).toEqual(["SUCCEEDED", "SUCCEEDED", "SUCCEEDED"]);
    expect(told).toMatchObject({ userErrors: [], pixCancellation: { id: expect.stringMatching(/^IC/) } });
    expect([await countMutationRequests(world, CANCEL_PIX), (await world.commits("delbank")).length]).toEqual([1, 1]);
  });

  test("between sent_at and the POST: nobody sends it, and people are asked", async () => {
    const { takenOver, told, stands } = await stallAt(world, REQUEST_CANCELLATION);
    expect([takenOver, told.operation.status, stands]).toEqual(Array(3).fill("NEEDS_ATTENTION"));
    expect([await countMutationRequests(world, CANCEL_PIX), (await world.commits("delbank")).length]).toEqual([0, 0]);
  });

  test("with the answer in its hands: the other has read it from the provider, and both say the same", async () => {
    const { takenOver, told, stands } = await stallAt(world, SETTLE);
    expect([takenOver, told.operation.status, stands]).toEqual(Array(3).fill("SUCCEEDED"));
    expect([await countMutationRequests(world, CANCEL_PIX), (await world.commits("delbank")).length]).toEqual([1, 1]);
  });

  test("awake while the other waits for its answer: neither sends it nor disturbs the other", async () => {
    const stalled = await world.start({ ...TERMS, ...DEBUGGABLE_ENV });
    const breakpoint = await setBreakpoint(stalled, MARK_SENT);
    const answer = sendMutation(stalled, CANCEL_PIX);
    await breakpoint.waitUntilReached();
    await world.delbank.addFault({ match: { method: "POST" }, kind: "hangAfterCommit" });
    await world.start(TERMS);
    await waitFor(async () => (await world.commits("delbank"))[0], 20_000);
    await breakpoint.resume();
    const { data } = await answer;
    expect(data.payload).toMatchObject({ userErrors: [], pixCancellation: null });
    expect(["PENDING", "UNCONFIRMED"]).toContain(data.payload.operation.status);
    const settled = await waitFor(async () => {
      const operation = await world.store.findByKey(MEMBER.sub, IDEMPOTENCY_KEY);
      return operation?.settledAt ? operation : undefined;
    }, 20_000);
    expect(settled).toMatchObject({ id: data.payload.operation.id, status: "SUCCEEDED", attempts: 1 });
    expect([await countMutationRequests(world, CANCEL_PIX), (await world.commits("delbank")).length]).toEqual([1, 1]);
  });

  test("killed before it had sent, and away past the window: has failed, and is not sent", async () => {
    const killed = await world.start({ ...TERMS, ...DEBUGGABLE_ENV });
    const breakpoint = await setBreakpoint(killed, MARK_SENT);
    const answer = sendMutation(killed, CANCEL_PIX).catch(() => "no answer");
    await breakpoint.waitUntilReached();
    await killed.kill();
    expect(await answer).toBe("no answer");
    // Past this window before another process looks at it.
    await world.start({ ...TERMS, CONFIRMATION_WINDOW_MS: "1" });
    const status = await waitFor(async () => {
      const operation = await world.store.findByKey(MEMBER.sub, IDEMPOTENCY_KEY);
      return ["SUCCEEDED", "FAILED", "NEEDS_ATTENTION"].find((end) => end === operation?.status);
    }, 20_000);
    expect(status).toBe("FAILED");
    expect([await countMutationRequests(world, CANCEL_PIX), (await world.commits("delbank")).length]).toEqual([0, 0]);
  });
});
