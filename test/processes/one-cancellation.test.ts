import { type Databases, startDatabases } from "../support/databases";
import { DEBUGGABLE } from "../support/debugger";
import { eventually } from "../support/program";
import { type GraphqlAnswer } from "../support/subgraph";
import { breakAt, type Place } from "./breakpoint";
import { type Replica } from "./replica";
import { CANCEL_PIX, createWorld, DIALECTS, MEMBER, sentTo, type World } from "./world";

jest.setTimeout(120_000);

const HOUR = 3_600_000;
const HOLD: Place = { file: "platform/ledger/exclusive-hold.js", name: "holdExclusively" };

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
}, 60_000);
afterAll(() => databases.stop());

const press = (replica: Replica, idempotencyKey: string): Promise<GraphqlAnswer> =>
  replica.graphql(CANCEL_PIX.query, { input: { ...CANCEL_PIX.input, idempotencyKey } }, MEMBER);

/** Delbank's reads show what was an hour ago: longer than any test takes. */
async function lag(world: World): Promise<void> {
  const body = JSON.stringify({ lagMs: HOUR });
  const { status } = await fetch(`${world.delbank.url}/__sandbox/reads`, { method: "POST", body });
  expect(status).toBe(200);
}

const outcomesOf = (answers: readonly GraphqlAnswer[]) =>
  answers.map(({ data }) => (data.payload.userErrors[0]?.code ?? data.payload.operation.status) as string);

describe.each(DIALECTS)("one cancellation for an authorization, on %s", (dialect) => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld(databases, dialect);
    await lag(world);
  });
  afterEach(() => world.end());

  test("a process that stands still before its hold, while the key of another one succeeds, sends nothing", async () => {
    const stalled = await world.start(DEBUGGABLE);
    const other = await world.start();
    const breakpoint = await breakAt(stalled, HOLD);
    const second = press(stalled, "second");
    await breakpoint.reached();
    expect(outcomesOf([await press(other, "first")])).toEqual(["SUCCEEDED"]);
    await breakpoint.resume();
    // Past its lease by then, it may have lost the operation to the other process, which has come to the same.
    const told = await second;
    const settled = await eventually(async () => {
      const operation = await world.ledger.findByKey(MEMBER.sub, "second");
      return operation?.settledAt ? operation : undefined;
    }, 60_000);
    expect(["ALREADY_CANCELLED", "PENDING"]).toContain(outcomesOf([told])[0]);
    expect(settled).toMatchObject({ status: "FAILED", attempts: 0, failure: { code: "ALREADY_CANCELLED" } });
    expect([await sentTo(world, CANCEL_PIX), (await world.commits("delbank")).length]).toEqual([1, 1]);
  });
});

test("three processes on one PostgreSQL, while reads lag: keys at once and afterwards, one request", async () => {
  const world = await createWorld(databases, "postgres");
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
    expect([await sentTo(world, CANCEL_PIX), (await world.commits("delbank")).length]).toEqual([1, 1]);
  } finally {
    await world.end();
  }
});
