import { sql } from "kysely";
import { reactions } from "../../../src/app/reactions";
import { type Database, openDatabase } from "../../../src/platform/database/open-database";
import { type ReportedOperation } from "../../../src/platform/operations/operation";
import { type OperationTables } from "../../../src/platform/operations/operation-row";
import { type Logger } from "../../../src/platform/observability/logger";
import { createMessageSender } from "../../../src/platform/pubsub/message-sender";
import { pubSubMigrations } from "../../../src/platform/pubsub/notification-table";
import { createPubSub, type PubSubMessage } from "../../../src/platform/pubsub/pub-sub";
import { expectClaimed, createClaim, createMigratedStore, START_MS } from "../../kit/operations/test-store";

const message = (key: string): PubSubMessage => ({ topic: "a", key });

let database: Database;
beforeEach(async () => {
  database = openDatabase("sqlite::memory:");
  await database.migrate(pubSubMigrations);
});
afterEach(() => database.close());

/** A sender whose first statement fails, and the messages that the others have stored. */
function createSender() {
  const warnings: [messages: number, text: string][] = [];
  const logger = { warn: (fields: { messages: number }, text: string) => warnings.push([fields.messages, text]) };
  let statements = 0;
  const target = {
    dialect: "sqlite",
    get kysely() {
      statements += 1;
      if (statements === 1) throw new Error("the connection was reset");
      return database.kysely;
    },
  } as const;
  const sender = createMessageSender({ target, from: "one", logger: logger as unknown as Logger });
  const readKeys = async () =>
    (await sql<PubSubMessage>`select topic, key from notification order by id`.execute(database.kysely)).rows.map(
      ({ key }) => key,
    );
  return { sender, warnings, readKeys };
}

test("messages that are published together are all sent or all lost, and those of the next publish are sent", async () => {
  const { sender, warnings, readKeys } = createSender();
  const pubSub = createPubSub({} as Logger, () => ({
    send: (messages) => sender.send(messages),
    close: () => sender.drain(),
  }));
  void pubSub.publish(message("one"), message("two"));
  void pubSub.publish(message("three"), message("four"));
  await pubSub.close();
  expect(warnings).toEqual([[2, "NOTIFY failed"]]);
  expect(await readKeys()).toEqual(["three", "four"]);
});

test("what follows from a settlement, or from NEEDS_ATTENTION, is published together", async () => {
  const { store, database: tables } = await createMigratedStore("sqlite::memory:");
  const { id } = expectClaimed(await store.claim(createClaim({ userId: "u-1", recurrenceId: "RR1" }))).operation;
  const published: string[][] = [];
  const pubSub = {
    ...createPubSub({} as Logger),
    publish: (...messages: readonly PubSubMessage[]) => {
      published.push(messages.map(({ topic, key }) => `${topic} ${key}`));
      return Promise.resolve();
    },
  };
  const ignore = () => undefined;
  const reaction = { pubSub, metrics: { recordOperation: ignore }, matchStoredEvents: ignore };
  await tables.kysely
    .$extendTables<OperationTables>()
    .updateTable("operation")
    .set({ status: "NEEDS_ATTENTION", attempts: 1, sent_at: START_MS, unconfirmed_since: START_MS })
    .execute();
  const parked = (await store.find(id)) as ReportedOperation;
  reactions.operationExecuted(parked, reaction);
  reactions.operationSettled(parked, pubSub);
  const together = ["readsOld user/u-1", "readsOld recurrence/RR1", `operationSettled ${id}`];
  expect(published).toEqual([together, together]);
  await tables.close();
});

test("messages that are dropped while the database does not respond are counted in one line of the log", async () => {
  const { sender, warnings, readKeys } = createSender();
  const sent = Array.from({ length: 10_004 }, (_, index) => sender.send([message(`k-${index}`)]));
  await Promise.all(sent);
  await sender.drain();
  expect(warnings).toEqual([
    [1, "NOTIFY failed"],
    [3, "messages dropped: too many wait for the database"],
  ]);
  expect((await readKeys())[0]).toBe("k-4");
});
