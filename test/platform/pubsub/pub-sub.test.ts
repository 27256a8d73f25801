import { sql } from "kysely";
import { openDatabase } from "../../../src/platform/database/open-database";
import { createPostgresTransport } from "../../../src/platform/pubsub/postgres-transport";
import { createPubSub, type PubSubMessage } from "../../../src/platform/pubsub/pub-sub";
import { type Logger } from "../../../src/platform/observability/logger";
import { HOUR_TIMEOUTS } from "../../kit/database/pool";
import { type OwnDatabases, startOwnDatabases } from "../../kit/start/databases";
import { waitFor } from "../../kit/wait-for";

function createRecorder() {
  const lines: string[] = [];
  const write = (_fields: unknown, text?: string) => void lines.push(text ?? String(_fields));
  const logger = { trace: write, debug: write, info: write, warn: write, error: write, fatal: write };
  return { lines, logger: logger as unknown as Logger };
}

/** One replica: its pub/sub, and the messages of topic `a` that it received. */
function openReplica(url: string) {
  const database = openDatabase(url, HOUR_TIMEOUTS);
  const { lines, logger } = createRecorder();
  const connect = (receiver: Parameters<typeof createPostgresTransport>[1]) =>
    createPostgresTransport({ database, url, logger, random: Math.random }, receiver);
  const pubSub = createPubSub(logger, database.dialect === "postgres" ? connect : undefined);
  const received: PubSubMessage[] = [];
  let reconnects = 0;
  const unsubscribe = pubSub.subscribe(
    "a",
    (message) => received.push(message),
    () => (reconnects += 1),
  );
  return {
    ...{ database, pubSub, received, lines, unsubscribe },
    reconnects: () => reconnects,
    async close() {
      await pubSub.close();
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
/** Two replicas after both have begun to listen. */
async function startTwo(): Promise<[Replica, Replica]> {
  const url = await databases.createDatabase("postgres");
  const both: [Replica, Replica] = [start(url), start(url)];
  await waitFor(() => both.every(({ reconnects }) => reconnects() === 1) || undefined);
  return both;
}

describe.each(["sqlite", "postgres"] as const)("pub/sub on %s", (dialect) => {
  test("a local subscriber of the topic receives a message synchronously, and only once", async () => {
    const { pubSub, received, reconnects } = start(await databases.createDatabase(dialect));
    if (dialect === "postgres") await waitFor(() => reconnects() === 1 || undefined); // it listens, so that an echo would arrive
    const sent = pubSub.publish({ topic: "a", key: "k" });
    void pubSub.publish({ topic: "b", key: "k" });
    expect(received).toEqual([{ topic: "a", key: "k" }]);
    await sent;
    // After the next message has come back from the database, an echo of the first one would have arrived, too.
    await pubSub.publish({ topic: "a", key: "next" });
    expect(received.map(({ key }) => key)).toEqual(["k", "next"]);
  });

  test("a subscriber that has unsubscribed receives no message", async () => {
    const { pubSub, received, unsubscribe } = start(await databases.createDatabase(dialect));
    unsubscribe();
    await pubSub.publish({ topic: "a", key: "k" });
    expect(received).toEqual([]);
  });

  test("a subscriber that throws is logged, and the others receive the message", async () => {
    const { pubSub, lines } = start(await databases.createDatabase(dialect));
    const received: string[] = [];
    pubSub.subscribe("c", () => {
      throw new Error("a bug");
    });
    pubSub.subscribe("c", ({ key }) => received.push(key));
    await pubSub.publish({ topic: "c", key: "k" });
    expect(received).toEqual(["k"]);
    expect(lines).toEqual(["a pub/sub listener failed"]);
  });
});

describe("two replicas on one PostgreSQL", () => {
  test("each receive all messages of the other in order, and their own once", async () => {
    const [one, other] = await startTwo();
    const keys = Array.from({ length: 500 }, (_, index) => `k-${index}`);
    await Promise.all(keys.map((key) => one.pubSub.publish({ topic: "a", key })));
    await other.pubSub.publish({ topic: "a", key: "back" });
    await waitFor(() => (other.received.length > 500 && one.received.length > 500) || undefined);
    expect(one.received.map(({ key }) => key)).toEqual([...keys, "back"]);
    expect(other.received.map(({ key }) => key).filter((key) => key !== "back")).toEqual(keys);
    expect(other.received.find(({ key }) => key === "back")).toEqual({ topic: "a", key: "back" });
  });

  test("resolve a publish after its own message was sent, while other messages keep being published", async () => {
    const [one] = await startTwo();
    let isPublishing = true;
    const publishNext = () => {
      void one.pubSub.publish({ topic: "b", key: "other" });
      if (isPublishing) setImmediate(publishNext); // in each turn of the event loop, so that another message is always waiting
    };
    publishNext();
    let isPublished = false;
    void one.pubSub.publish({ topic: "a", key: "k" }).then(() => (isPublished = true));
    try {
      await waitFor(() => isPublished || undefined); // while the others are published
    } finally {
      isPublishing = false;
    }
    expect(isPublished).toBe(true);
  });

  test("ignore malformed notifications on the channel", async () => {
    const [one, other] = await startTwo();
    for (const payload of ["", "no json", "[]", '{"topic":"a"}', '{"from":1,"topic":"a","key":"k"}']) {
      await sql`select pg_notify('signals', ${payload})`.execute(other.database.kysely);
    }
    await other.pubSub.publish({ topic: "a", key: "last" });
    await waitFor(() => one.received.at(-1)?.key === "last" || undefined);
    expect(one.received).toHaveLength(1);
  });

  test("deliver locally while PostgreSQL is stopped, and call onReconnect after it has started again", async () => {
    const [one, other] = await startTwo();
    await databases.stopPostgres();
    await one.pubSub.publish({ topic: "a", key: "lost" });
    expect(one.received.map(({ key }) => key)).toEqual(["lost"]);
    await databases.startPostgres();
    await waitFor(() => (one.reconnects() === 2 && other.reconnects() === 2) || undefined);
    await one.pubSub.publish({ topic: "a", key: "again" });
    await waitFor(() => other.received.some(({ key }) => key === "again") || undefined);
    expect(other.received.map(({ key }) => key)).toEqual(["again"]);
    expect(other.lines).toEqual(["LISTEN connection lost", "LISTEN connection restored"]);
  });
});
