import { openDatabase } from "../../src/platform/database/open-database";
import { Inbox } from "../../src/platform/inbox/inbox";
import { createEncryption } from "../../src/platform/kernel/encryption";
import { type Databases, startDatabases } from "../kit/start/databases";
import { DEBUGGABLE_ENV } from "../kit/start/debugger";
import { TEST_ENCRYPTION_KEY } from "../kit/operations/test-store";
import { waitFor } from "../kit/wait-for";
import { postWebhook } from "../kit/http/webhooks";
import { setBreakpoint } from "./breakpoint";
import { type RunningProgram } from "../kit/start/program";
import {
  CHANGE_OFFER,
  createReplicaCluster,
  DIALECTS,
  MEMBER,
  sendMutation,
  type ReplicaCluster,
} from "./replica-cluster";

jest.setTimeout(120_000);

/** Where an event may be lost from sight: with its row and nothing else, and with its effects, which nobody has written down. */
const STEPS = [
  ["between row and effect", { file: "features/event/event-processor.js", name: "processEvent" }, "UNCONFIRMED"],
  ["between effect and its mark", { file: "platform/inbox/inbox.js", name: "markProcessed" }, "SUCCEEDED"],
] as const;
const LISTENING = { READ_CACHE_MS: "600000", AVIBRA_TIMEOUT_MS: "300" };

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
}, 60_000);
afterAll(() => databases.stop());

const worlds: ReplicaCluster[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.stop();
});
async function newWorld(dialect: "sqlite" | "postgres"): Promise<ReplicaCluster> {
  const world = await createReplicaCluster(databases, dialect);
  worlds.push(world);
  return world;
}

/** An upgrade of which nothing arrives: only an event can settle it. */
async function loseUpgrade(world: ReplicaCluster, replica: RunningProgram): Promise<string> {
  await world.avibra.addFault({ match: { path: CHANGE_OFFER.path }, kind: "hangBeforeCommit", times: 1000 });
  const { data } = await sendMutation(replica, CHANGE_OFFER);
  expect(data.payload.operation.status).toBe("UNCONFIRMED");
  return data.payload.operation.id as string;
}
async function leftToDo({ databaseUrl }: ReplicaCluster): Promise<number> {
  const database = openDatabase(databaseUrl);
  const count = await new Inbox(database, createEncryption(TEST_ENCRYPTION_KEY)).countDue(0);
  await database.close();
  return count;
}
const upgraded = () => ({
  eventname: "offer_upgrade_successful",
  userid: MEMBER.sub,
  eventtimestamp: new Date().toISOString(),
});
async function eventsSeenBy(replica: RunningProgram): Promise<unknown[]> {
  const { data } = await replica.graphql("{ me { events { edges { node { id kind } } } } }", { claims: MEMBER });
  return data.me.events.edges as unknown[];
}

test.each(DIALECTS.flatMap((dialect) => STEPS.map((step) => [dialect, ...step] as const)))(
  "on %s killed with kill -9 %s: what was acknowledged has its effect after a restart, once",
  async (dialect, _step, place, status) => {
    const world = await newWorld(dialect);
    const first = await world.start({ ...LISTENING, ...DEBUGGABLE_ENV });
    const id = await loseUpgrade(world, first);
    const breakpoint = await setBreakpoint(first, place);
    expect((await postWebhook(first.url, upgraded(), { key: "the-event" })).status).toBe(200);
    await breakpoint.waitUntilReached();
    await first.kill();
    expect(await world.store.find(id)).toMatchObject({ status });
    const before = status === "SUCCEEDED" ? await world.store.find(id) : undefined;
    expect(await leftToDo(world)).toBe(1);

    const second = await world.start(LISTENING);
    const settled = await waitFor(async () => {
      const operation = await world.store.find(id);
      return operation?.status === "SUCCEEDED" ? operation : undefined;
    });
    if (before) expect(settled).toEqual(before); // as it was settled then
    await waitFor(async () => ((await leftToDo(world)) === 0 ? true : undefined));
    expect(await eventsSeenBy(second)).toHaveLength(1);
    expect((await postWebhook(second.url, upgraded(), { key: "the-event" })).status).toBe(200);
    expect(await eventsSeenBy(second)).toHaveLength(1);
    expect(await world.store.find(id)).toMatchObject({ settledAt: settled.settledAt });
    expect(await world.commits("avibra")).toEqual([]);
  },
);

test("three processes on one PostgreSQL: within a second, an event to one makes what all have read old, and settles what another has asked", async () => {
  const world = await newWorld("postgres");
  // Nobody looks by himself: what is read anew is read because of the event.
  const waiting = { ...LISTENING, RECONCILE_INTERVAL_MS: "600000" };
  const replicas = await Promise.all([1, 2, 3].map(() => world.start(waiting)));
  const [asked, told] = replicas as [RunningProgram, RunningProgram, RunningProgram];
  const id = await loseUpgrade(world, asked);
  const readAll = () =>
    Promise.all(replicas.map((replica) => replica.graphql("{ me { benefits { id } } }", { claims: MEMBER })));
  const reads = async () => (await world.avibra.requests("/user/benefits")).length;
  await waitFor(async () => {
    await readAll();
    const before = await reads();
    await readAll(); // until signals of the mutation have settled and all three keep their answer
    return (await reads()) === before || undefined;
  });
  await world.avibra.clearRequests();
  await readAll();
  expect(await reads()).toBe(0);

  expect((await postWebhook(told.url, upgraded())).status).toBe(200);
  const acknowledgedAt = performance.now();
  await waitFor(async () => {
    await readAll();
    return (await reads()) === 3 || undefined;
  });
  const tookMs = Math.round(performance.now() - acknowledgedAt);
  expect(tookMs).toBeLessThan(1000);
  expect(await world.store.find(id)).toMatchObject({ status: "SUCCEEDED" });
  for (const replica of replicas) expect(await eventsSeenBy(replica)).toHaveLength(1);
  process.stdout.write(`\nan event to one of three processes: all three read anew after ${tookMs} ms\n`);
});

test("100 copies at once to three processes on one PostgreSQL: 100 times 200, one event", async () => {
  const world = await newWorld("postgres");
  const replicas = await Promise.all([1, 2, 3].map(() => world.start(LISTENING)));
  const event = upgraded();
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) => postWebhook(replicas[index % 3]?.url ?? "", event, { key: "one" })),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200));
  for (const replica of replicas) expect(await eventsSeenBy(replica)).toHaveLength(1);
});
