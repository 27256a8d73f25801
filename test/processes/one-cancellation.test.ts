import { type Databases, startDatabases } from "../kit/start/databases";
import { DEBUGGABLE_ENV } from "../kit/start/debugger";
import { waitFor } from "../kit/wait-for";
import { type GraphqlResponse } from "../kit/http/graphql-client";
import { setBreakpoint, type CodeLocation } from "./breakpoint";
import { type RunningProgram } from "../kit/start/program";
import {
  CANCEL_PIX,
  createReplicaCluster,
  DIALECTS,
  MEMBER,
  countMutationRequests,
  type ReplicaCluster,
} from "./replica-cluster";

jest.setTimeout(120_000);

const HOUR = 3_600_000;
const HOLD: CodeLocation = { file: "platform/operations/exclusive-lock.js", name: "acquireExclusiveLock" };

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
}, 60_000);
afterAll(() => databases.stop());

const press = (replica: RunningProgram, idempotencyKey: string): Promise<GraphqlResponse> =>
  replica.graphql(CANCEL_PIX.query, { variables: { input: { ...CANCEL_PIX.input, idempotencyKey } }, claims: MEMBER });

/** Delbank's reads show what was an hour ago: longer than any test takes. */
async function lag(world: ReplicaCluster): Promise<void> {
  const body = JSON.stringify({ lagMs: HOUR });
  const { status } = await fetch(`${world.delbank.url}/__sandbox/reads`, { method: "POST", body });
  expect(status).toBe(200);
}

const outcomesOf = (answers: readonly GraphqlResponse[]) =>
  answers.map(({ data }) => (data.payload.userErrors[0]?.code ?? data.payload.operation.status) as string);

describe.each(DIALECTS)("one cancellation for an authorization, on %s", (dialect) => {
  let world: ReplicaCluster;
  beforeEach(async () => {
    world = await createReplicaCluster(databases, dialect);
    await lag(world);
  });
  afterEach(() => world.stop());

  test("a process that stands still before its hold, while the key of another one succeeds, sends nothing", async () => {
    const stalled = await world.start(DEBUGGABLE_ENV);
    const other = await world.start();
    const breakpoint = await setBreakpoint(stalled, HOLD);
    const second = press(stalled, "second");
    await breakpoint.waitUntilReached();
    expect(outcomesOf([await press(other, "first")])).toEqual(["SUCCEEDED"]);
    await breakpoint.resume();
    // Past its lease by then, it may have lost the operation to the other process, which has come to the same.
    const told = await second;
    const settled = await waitFor(async () => {
      const operation = await world.store.findByKey(MEMBER.sub, "second");
      return operation?.settledAt ? operation : undefined;
    }, 60_000);
    expect(["ALREADY_CANCELLED", "PENDING"]).toContain(outcomesOf([told])[0]);
    expect(settled).toMatchObject({ status: "FAILED", attempts: 0, failure: { code: "ALREADY_CANCELLED" } });
    expect([await countMutationRequests(world, CANCEL_PIX), (await world.commits("delbank")).length]).toEqual([1, 1]);
  });
});

test("three processes on one PostgreSQL, while reads lag: keys at once and afterwards, one request", async () => {
  const world = await createReplicaCluster(databases, "postgres");
  try {
    await lag(world);
    const replicas = await Promise.all([1, 2, 3].map(() => world.start()));
    const atOnce = await Promise.all(
      replicas.flatMap((replica, process) => [1, 2, 3, 4].map((n) => press(replica, `at-once-${process}-${n}`))),
    );
    const outcomes = outcomesOf(atOnce);
    expect(outcomes.filter((outcome) => outcome === "SUCCEEDED")).toHaveLength(1);
    expect(
      outcomes.filter((outcome) => !["SUCCEEDED", "OPERATION_IN_PROGRESS", "ALREADY_CANCELLED"].includes(outcome)),
    ).toEqual([]);
    const afterwards = await Promise.all(
      replicas.flatMap((replica, process) => [1, 2].map((n) => press(replica, `afterwards-${process}-${n}`))),
    );
    expect(new Set(outcomesOf(afterwards))).toEqual(new Set(["ALREADY_CANCELLED"]));
    expect([await countMutationRequests(world, CANCEL_PIX), (await world.commits("delbank")).length]).toEqual([1, 1]);
  } finally {
    await world.stop();
  }
});
