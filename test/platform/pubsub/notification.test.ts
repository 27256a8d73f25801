import { sql } from "kysely";
import { type Database, openDatabase } from "../../../src/platform/database/open-database";
import { createLogger } from "../../../src/platform/observability/logger";
import { createCommandTransport } from "../../../src/platform/pubsub/command-transport";
import { pubSubMigrations, sendMessages } from "../../../src/platform/pubsub/notification-table";
import { createPostgresTransport } from "../../../src/platform/pubsub/postgres-transport";
import { createPubSub } from "../../../src/platform/pubsub/pub-sub";
import { createSqliteTransport } from "../../../src/platform/pubsub/sqlite-transport";
import { HOUR_TIMEOUTS } from "../../kit/database/pool";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { waitFor } from "../../kit/wait-for";

const logger = createLogger("silent");

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

describe.each(["sqlite", "postgres"] as const)("messages of a command on %s", (dialect) => {
  let url: string;
  let database: Database;
  let running: Database;
  beforeEach(async () => {
    url = await databases.createDatabase(dialect);
    [database, running] = [openDatabase(url, HOUR_TIMEOUTS), openDatabase(url, HOUR_TIMEOUTS)];
    await database.migrate(pubSubMigrations);
  });
  afterEach(async () => {
    await Promise.all([database.close(), running.close()]);
  });

  /** A running process that has begun to receive. */
  async function startProcess() {
    const pubSub = createPubSub(logger, (receiver) =>
      dialect === "sqlite"
        ? createSqliteTransport({ database: running, intervalMs: 20, logger }, receiver)
        : createPostgresTransport({ database: running, url, logger, random: Math.random }, receiver),
    );
    const received: string[] = [];
    const { promise: isReady, resolve } = Promise.withResolvers<undefined>();
    pubSub.subscribe(
      "a",
      ({ key }) => received.push(key),
      () => {
        resolve(undefined);
      },
    );
    await isReady;
    return { received, close: () => pubSub.close() };
  }
  const waitForKey = (received: readonly string[], key: string) =>
    waitFor(() => (received.includes(key) ? true : undefined));

  test("reach the running process once each, in their order", async () => {
    const process = await startProcess();
    const command = createPubSub(logger, () => createCommandTransport(database, logger));
    void command.publish({ topic: "a", key: "one" });
    void command.publish({ topic: "b", key: "of another topic" });
    void command.publish({ topic: "a", key: "two" });
    await command.close();
    await waitForKey(process.received, "two");
    await sendMessages(database, "another", [{ topic: "a", key: "three" }]);
    await waitForKey(process.received, "three");
    expect(process.received).toEqual(["one", "two", "three"]);
    await process.close();
  });

  test("in a transaction are received only if it is committed", async () => {
    const process = await startProcess();
    const send = (key: string, mayCommit: boolean) =>
      database.kysely.transaction().execute(async (transaction) => {
        await sendMessages({ kysely: transaction, dialect }, "command", [{ topic: "a", key }]);
        if (!mayCommit) throw new Error("rolled back");
      });
    await expect(send("rolled back", false)).rejects.toThrow("rolled back");
    await send("committed", true);
    await waitForKey(process.received, "committed");
    expect(process.received).toEqual(["committed"]);
    await process.close();
  });
});

test("on SQLite, messages older than an hour are deleted, and a process that starts later is told that it may have missed some", async () => {
  const database = openDatabase(await databases.createDatabase("sqlite"), HOUR_TIMEOUTS);
  await database.migrate(pubSubMigrations);
  await sendMessages(database, "command", [{ topic: "a", key: "old" }]);
  await sql`update notification set sent_at = sent_at - 3600001`.execute(database.kysely);
  const { promise: isReady, resolve } = Promise.withResolvers<undefined>();
  const received: string[] = [];
  const onReconnect = () => {
    resolve(undefined);
  };
  const onMessage = ({ key }: { readonly key: string }) => void received.push(key);
  const transport = createSqliteTransport({ database, intervalMs: 20, logger }, { onMessage, onReconnect });
  await isReady;
  await sendMessages(database, "command", [{ topic: "a", key: "new" }]);
  const keys = async () => (await sql<{ key: string }>`select key from notification`.execute(database.kysely)).rows;
  await waitFor(async () => ((await keys()).length === 1 ? true : undefined));
  expect([received, await keys()]).toEqual([["new"], [{ key: "new" }]]);
  await transport.close();
  await database.close();
});
