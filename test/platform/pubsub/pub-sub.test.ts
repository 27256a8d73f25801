import { sql } from "kysely";
import { openDatabase } from "../../../src/platform/database/open-database";
import { createPostgresTransport } from "../../../src/platform/pubsub/postgres-transport";
import { createPubSub, type PubSubMessage } from "../../../src/platform/pubsub/pub-sub";
import { type Logger } from "../../../src/platform/observability/logger";
import { type OwnDatabases, startOwnDatabases } from "../../kit/start/databases";
import { waitFor } from "../../kit/wait-for";

function createRecorder() {
  const lines: string[] = [];
  const write = (_fields: unknown, text?: string) => void lines.push(text ?? String(_fields));
  const logger = { trace: write, debug: write, info: write, warn: write, error: write, fatal: write };
  return { lines, logger: logger as unknown as Logger };
}

/** One replica: its signals, and what it has heard of topic `a`. */
function openReplica(url: string) {
  const database = openDatabase(url);
  const { lines, logger } = createRecorder();
  const connect = (receiver: Parameters<typeof createPostgresTransport>[1]) =>
    createPostgresTransport({ database, url, logger, random: Math.random }, receiver);
  const signals = createPubSub(logger, database.dialect === "postgres" ? connect : undefined);
  const heard: PubSubMessage[] = [];
  let gaps = 0;
  const leave = signals.subscribe(
    "a",
    (signal) => heard.push(signal),
    () => (gaps += 1),
  );
  return {
    ...{ database, signals, heard, lines, leave },
    gaps: () => gaps,
    async close() {
      await signals.close();
      await database.close();
    },
  };
}
type Replica = ReturnType<typeof openReplica>;

let databases: OwnDatabases;
beforeAll(async () => {
  databases = await startOwnDatabases();
});
afterAll(() => databases.stop());

const replicas: Replica[] = [];
afterEach(async () => {
  for (const replica of replicas.splice(0)) await replica.close();
});
function start(url: string): Replica {
  const replica = openReplica(url);
  replicas.push(replica);
  return replica;
}
/** Two replicas that both listen already. */
async function startTwo(): Promise<[Replica, Replica]> {
  const url = await databases.createDatabase("postgres");
  const both: [Replica, Replica] = [start(url), start(url)];
  await waitFor(() => both.every(({ gaps }) => gaps() === 1) || undefined);
  return both;
}

describe.each(["sqlite", "postgres"] as const)("signals on %s", (dialect) => {
  test("the own listeners of the topic hear a signal at once, and once", async () => {
    const { signals, heard, gaps } = start(await databases.createDatabase(dialect));
    if (dialect === "postgres") await waitFor(() => gaps() === 1 || undefined); // it listens: an echo would come
    const sent = signals.publish({ topic: "a", key: "k" });
    void signals.publish({ topic: "b", key: "k" });
    expect(heard).toEqual([{ topic: "a", key: "k" }]);
    await sent;
    // Once the next signal has come back from the database, an echo of the first one would have come too.
    await signals.publish({ topic: "a", key: "next" });
    expect(heard.map(({ key }) => key)).toEqual(["k", "next"]);
  });

  test("who has left hears no more", async () => {
    const { signals, heard, leave } = start(await databases.createDatabase(dialect));
    leave();
    await signals.publish({ topic: "a", key: "k" });
    expect(heard).toEqual([]);
  });

  test("a listener that fails is logged, and keeps nobody else from hearing", async () => {
    const { signals, lines } = start(await databases.createDatabase(dialect));
    const heard: string[] = [];
    signals.subscribe("c", () => {
      throw new Error("a bug");
    });
    signals.subscribe("c", ({ key }) => heard.push(key));
    await signals.publish({ topic: "c", key: "k" });
    expect(heard).toEqual(["k"]);
    expect(lines).toEqual(["a pub/sub listener failed"]);
  });
});

describe("two replicas on one PostgreSQL", () => {
  test("each hears all of the other's signals, in order, and its own once", async () => {
    const [one, other] = await startTwo();
    const keys = Array.from({ length: 500 }, (_, index) => `k-${index}`);
    await Promise.all(keys.map((key) => one.signals.publish({ topic: "a", key })));
    await other.signals.publish({ topic: "a", key: "back" });
    await waitFor(() => (other.heard.length > 500 && one.heard.length > 500) || undefined);
    expect(one.heard.map(({ key }) => key)).toEqual([...keys, "back"]);
    expect(other.heard.map(({ key }) => key).filter((key) => key !== "back")).toEqual(keys);
    expect(other.heard.find(({ key }) => key === "back")).toEqual({ topic: "a", key: "back" });
  });

  test("who publishes waits for its own signal, not for all that others publish meanwhile", async () => {
    const [one] = await startTwo();
    let isFlowing = true;
    const flow = () => {
      void one.signals.publish({ topic: "b", key: "flow" });
      if (isFlowing) setImmediate(flow); // in each turn of the event loop: there is always another one waiting
    };
    flow();
    let isPassedOn = false;
    void one.signals.publish({ topic: "a", key: "k" }).then(() => (isPassedOn = true));
    try {
      await waitFor(() => isPassedOn || undefined); // while the flow goes on
    } finally {
      isFlowing = false;
    }
    expect(isPassedOn).toBe(true);
  });

  test("what others send over the same channel is ignored", async () => {
    const [one, other] = await startTwo();
    for (const payload of ["", "no json", "[]", '{"topic":"a"}', '{"from":1,"topic":"a","key":"k"}']) {
      await sql`select pg_notify('signals', ${payload})`.execute(other.database.kysely);
    }
    await other.signals.publish({ topic: "a", key: "last" });
    await waitFor(() => one.heard.at(-1)?.key === "last" || undefined);
    expect(one.heard).toHaveLength(1);
  });

  test("without the database the own listeners hear, nothing is thrown; when it is back, listeners are told of the gap", async () => {
    const [one, other] = await startTwo();
    await databases.stopPostgres();
    await one.signals.publish({ topic: "a", key: "lost" });
    expect(one.heard.map(({ key }) => key)).toEqual(["lost"]);
    await databases.startPostgres();
    await waitFor(() => (one.gaps() === 2 && other.gaps() === 2) || undefined);
    await one.signals.publish({ topic: "a", key: "again" });
    await waitFor(() => other.heard.some(({ key }) => key === "again") || undefined);
    expect(other.heard.map(({ key }) => key)).toEqual(["again"]);
    expect(other.lines).toEqual(["LISTEN connection lost", "LISTEN connection restored"]);
  });
});
