import { type QueryResult, sql, type UnknownRow } from "kysely";
import { InvalidCursor } from "../../../src/platform/database/keyset-cursor";
import { type Database, openDatabase } from "../../../src/platform/database/open-database";
import { inboxMigrations } from "../../../src/platform/inbox/inbox-migrations";
import { createInboxWorker, type MessageHandler, type OnProcessed } from "../../../src/platform/inbox/inbox-worker";
import { type InboxTables, toEncryptedMessage } from "../../../src/platform/inbox/message-row";
import { Inbox } from "../../../src/platform/inbox/inbox";
import { type Delivery, type Message, type EncryptedMessage } from "../../../src/platform/inbox/message";
import { createEncryption } from "../../../src/platform/kernel/encryption";
import { type Logger } from "../../../src/platform/observability/logger";
import { HOUR_TIMEOUTS } from "../../kit/database/pool";
import { dumpDatabase } from "../../kit/security/canaries";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { LEASE_MS, START_MS, TEST_ENCRYPTION_KEY } from "../../kit/operations/test-store";
import { holdIntervals, monotonicClockFrom, wallClockFrom } from "../../kit/clocks";
import { waitFor } from "../../kit/wait-for";

const DAY_MS = 86_400_000;
const BODY = '{"secret":"canary-body"}';

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

function deliveryOf(delivery: Partial<Delivery> = {}): Delivery {
  return { metadata: { kind: "k", subject: "s", occurredAt: START_MS - 5 }, body: BODY, now: START_MS, ...delivery };
}
const query = { owner: "one", leaseMs: LEASE_MS, now: START_MS, limit: 100 };

describe.each(["sqlite", "postgres"] as const)("the inbox on %s", (dialect) => {
  let url: string;
  let open: () => { inbox: Inbox; close: () => Promise<void> };
  let shared: Database;
  let inbox: Inbox;
  const closers: (() => Promise<void>)[] = [];
  /** The stored message. */
  const find = async (id: string): Promise<EncryptedMessage | undefined> => {
    const tables = shared.kysely.$extendTables<InboxTables>();
    const row = await tables.selectFrom("message").selectAll().where("id", "=", id).executeTakeFirst();
    return row && toEncryptedMessage(row);
  };

  /** An inbox that passes the result of each statement to `onResult`. */
  function openObserved(onResult: (result: QueryResult<UnknownRow>) => void): Inbox {
    const database = openDatabase(url, HOUR_TIMEOUTS);
    closers.push(() => database.close());
    const kysely = database.kysely.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult({ result }) {
        onResult(result);
        return Promise.resolve(result);
      },
    });
    return new Inbox({ ...database, kysely }, createEncryption(TEST_ENCRYPTION_KEY));
  }

  beforeAll(async () => {
    url = await databases.createDatabase(dialect);
    shared = openDatabase(url, HOUR_TIMEOUTS);
    await shared.migrate(inboxMigrations);
    open = () => {
      const database = openDatabase(url, HOUR_TIMEOUTS);
      closers.push(() => database.close());
      return { inbox: new Inbox(database, createEncryption(TEST_ENCRYPTION_KEY)), close: () => database.close() };
    };
    inbox = new Inbox(shared, createEncryption(TEST_ENCRYPTION_KEY));
  });
  afterAll(() => shared.close());
  beforeEach(async () => {
    await sql`delete from message`.execute(shared.kysely);
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  test("stores each key once if two processes receive the same keys at once in different orders", async () => {
    const other = open().inbox;
    const keys = Array.from({ length: 100 }, (_, index) => `key-${index}`);
    const receipts = await Promise.all([
      ...keys.map((idempotencyKey) => inbox.receive(deliveryOf({ idempotencyKey }))),
      ...keys.toReversed().map((idempotencyKey) => other.receive(deliveryOf({ idempotencyKey }))),
    ]);
    expect(receipts.filter(({ isDuplicate }) => !isDuplicate)).toHaveLength(100);
    const due = await inbox.leaseDue({ ...query, limit: 1000 });
    expect(new Set(due.map(({ message }) => message.id))).toEqual(
      new Set(receipts.flatMap(({ id, isDuplicate }) => (isDuplicate ? [] : [id]))),
    );
  });

  test("stores messages after one that cannot be stored", async () => {
    await expect(
      inbox.receive(deliveryOf({ metadata: { kind: "k", subject: "s", occurredAt: NaN } })),
    ).rejects.toThrow();
    expect(await inbox.receive(deliveryOf())).toMatchObject({ isDuplicate: false });
  });

  test("leases a message to one process at a time, and to another after the lease has expired", async () => {
    await inbox.receive(deliveryOf());
    const other = open().inbox;
    const taken = await Promise.all([inbox.leaseDue(query), other.leaseDue({ ...query, owner: "other" })]);
    expect(taken.flat()).toHaveLength(1);
    expect(await other.leaseDue({ ...query, now: START_MS + LEASE_MS - 1 })).toEqual([]);
    const [again] = await other.leaseDue({ ...query, now: START_MS + LEASE_MS });
    const [late] = taken.flat();
    if (!again || !late) throw new Error("nothing was taken");
    await inbox.markProcessed(late.lease, [late.message.id], START_MS); // another process has the lease now
    expect(await find(late.message.id)).toMatchObject({ processedAt: null });
    await other.markProcessed(again.lease, [again.message.id], START_MS + 1);
    expect(await find(late.message.id)).toMatchObject({ processedAt: START_MS + 1, attempts: 1 });
    expect(await inbox.leaseDue({ ...query, now: START_MS + DAY_MS })).toEqual([]);
  });

  test("stores bodies and keys encrypted, and purges bodies that are processed and old", async () => {
    const { id } = await inbox.receive(deliveryOf({ idempotencyKey: "canary-key" }));
    const { id: young } = await inbox.receive(deliveryOf({ idempotencyKey: "another", now: START_MS + DAY_MS }));
    expect(await dumpDatabase(url)).not.toMatch(/canary-(body|key)/);
    const bodyOf = async (one: string) => inbox.decryptBody((await find(one)) as EncryptedMessage);
    expect(await bodyOf(id)).toBe(BODY);
    expect(await inbox.purgeBodies(START_MS + 1)).toMatchObject({ bodies: 0 }); // not worked on yet
    const [due] = await inbox.leaseDue({ ...query, limit: 1 });
    if (!due) throw new Error("nothing is due");
    await inbox.markProcessed(due.lease, [id], START_MS);
    expect(await inbox.purgeBodies(START_MS)).toMatchObject({ bodies: 0 });
    expect(await inbox.purgeBodies(START_MS + 1)).toEqual({ bodies: 1, unprocessed: 0, hasMore: false });
    expect([await bodyOf(id), await bodyOf(young)]).toEqual([undefined, BODY]);
    expect(await find(id)).toMatchObject({ kind: "k", subject: "s", occurredAt: START_MS - 5, receivedAt: START_MS });
    // The key of a purged message is still a duplicate.
    expect(await inbox.receive(deliveryOf({ idempotencyKey: "canary-key" }))).toMatchObject({ isDuplicate: true });
  });

  test("lists one subject page by page, last received first, also only processed messages, and rejects invalid cursors", async () => {
    for (let n = 0; n < 3; n += 1) await inbox.receive(deliveryOf({ idempotencyKey: `k${n}`, now: START_MS + n }));
    await inbox.receive(deliveryOf({ metadata: { kind: "k", subject: "other", occurredAt: START_MS } }));
    const first = await inbox.list({ subject: "s", first: 2 });
    expect(first.items.map(({ message }) => message.receivedAt)).toEqual([START_MS + 2, START_MS + 1]);
    const rest = await inbox.list({ subject: "s", first: 2, after: first.items[1]?.cursor ?? "" });
    expect([rest.items.map(({ message }) => message.receivedAt), rest.hasNextPage]).toEqual([[START_MS], false]);
    const due = (await inbox.leaseDue(query)).find(({ message }) => message.subject === "s");
    if (!due) throw new Error("nothing is due");
    expect(await inbox.list({ subject: "s", first: 9, isProcessed: true })).toMatchObject({ items: [] });
    await inbox.markProcessed(due.lease, [due.message.id], START_MS);
    const { items } = await inbox.list({ subject: "s", first: 9, isProcessed: true });
    expect(items.map(({ message }) => message.id)).toEqual([due.message.id]);
    await expect(inbox.list({ subject: "s", first: 2, after: "x" })).rejects.toThrow(InvalidCursor);
    await expect(inbox.list({ subject: "s", first: 0 })).rejects.toThrow(RangeError);
  });

  test("lists messages without reading their bodies, and reads a body on request", async () => {
    await inbox.receive(deliveryOf());
    const columns = new Set<string>();
    const observed = openObserved(({ rows }) => {
      for (const row of rows) for (const column of Object.keys(row)) columns.add(column);
    });
    const listed = (await observed.list({ subject: "s", first: 9 })).items.map(({ message }) => message);
    const [found] = await observed.findBySubject("s", ["k"]);
    expect(listed).toEqual([found]);
    expect(columns.has("received_at")).toBe(true);
    expect(columns.has("encrypted_body")).toBe(false);
    expect(await observed.readBody(found as Message)).toBe(BODY);
  });

  test("keeps a body that a replay requeued, for a day at most", async () => {
    const { id } = await inbox.receive(deliveryOf());
    const [due] = await inbox.leaseDue(query);
    if (!due) throw new Error("nothing is due");
    await inbox.markProcessed(due.lease, [id], START_MS);
    expect(await inbox.requeue(START_MS, START_MS + 1)).toBe(1);
    expect(await inbox.purgeBodies(START_MS + DAY_MS)).toMatchObject({ bodies: 0 });
    expect(await inbox.purgeBodies(START_MS + DAY_MS + 1)).toMatchObject({ bodies: 1, unprocessed: 0 });
    expect(await inbox.countDue(START_MS)).toBe(0);
  });

  test("requeues and purges 450 messages in batches, each once", async () => {
    const keys = Array.from({ length: 450 }, (_, index) => `k${index}`);
    await Promise.all(
      keys.map((idempotencyKey, index) => inbox.receive(deliveryOf({ idempotencyKey, now: START_MS + index }))),
    );
    const due = await inbox.leaseDue({ ...query, now: START_MS + 500, limit: 1000 });
    const [first] = due;
    if (!first) throw new Error("nothing is due");
    await inbox.markProcessed(
      first.lease,
      due.map(({ message }) => message.id),
      START_MS + 500,
    );
    const changed: number[] = [];
    const observed = openObserved(({ numAffectedRows }) => changed.push(Number(numAffectedRows ?? 0)));
    expect(await observed.requeue(START_MS + 25, START_MS + 600)).toBe(425);
    expect(Math.max(...changed)).toBeLessThanOrEqual(200); // in one statement
    expect(await inbox.countDue(0)).toBe(425);
    const again = await inbox.leaseDue({ ...query, now: START_MS + 600, limit: 1000 });
    expect(await inbox.requeue(0, START_MS + 601)).toBe(25); // the others are leased
    await inbox.markProcessed(
      again[0]?.lease ?? first.lease,
      again.map(({ message }) => message.id),
      START_MS + 602,
    );
    const counts: number[] = [];
    for (let isFull = true; isFull;) {
      const purged = await inbox.purgeBodies(START_MS + 450);
      counts.push(purged.bodies);
      ({ hasMore: isFull } = purged);
    }
    expect(counts).toEqual([200, 200, 25]);
  });

  describe("with a worker", () => {
    const errors: string[] = [];
    const log = (_fields: unknown, text?: string) => void errors.push(text ?? "");
    const logger = { trace: log, debug: log, info: log, warn: log, error: log, fatal: log } as unknown as Logger;
    let now = START_MS;
    function workerOf(handle: MessageHandler, onProcessed: OnProcessed = () => Promise.resolve()) {
      const clocks = { clock: wallClockFrom(() => now), monotonic: monotonicClockFrom(() => now) };
      const terms = { owner: "w", leaseMs: LEASE_MS, intervalMs: 1000, retentionMs: 30 * DAY_MS };
      return createInboxWorker({ inbox, handle, onProcessed, ...clocks, random: () => 1, logger, ...terms });
    }
    beforeEach(() => {
      now = START_MS;
      errors.length = 0;
    });

    test("retries a message that fails, and delays no other", async () => {
      const { id: bad } = await inbox.receive(deliveryOf({ idempotencyKey: "bad" }));
      await inbox.receive(deliveryOf({ idempotencyKey: "good" }));
      let isFailing = true;
      const processed: string[] = [];
      const worker = workerOf((message) => {
        if (message.id === bad && isFailing) throw new Error("a bug");
        processed.push(message.id);
        return Promise.resolve(message);
      });
      expect(await worker.pollOnce()).toBe(2);
      expect(processed).toHaveLength(1);
      expect(errors).toContain("processing an inbox message failed");
      expect(await worker.pollOnce()).toBe(0);
      isFailing = false;
      now += 1000;
      expect(await worker.pollOnce()).toBe(1);
      expect(processed[1]).toBe(bad);
      expect(await find(bad)).toMatchObject({ attempts: 2, processedAt: now });
    });

    test("processes a message once after the process that leased it died", async () => {
      const { id } = await inbox.receive(deliveryOf());
      const effects: string[] = [];
      let isDead = true;
      let rejectDead = (): void => undefined;
      const death = new Promise<never>((_resolve, reject) => {
        rejectDead = () => {
          reject(new Error("dead"));
        };
      });
      let hasBegun = false;
      const worker = workerOf((message) => {
        hasBegun = true;
        if (isDead) return death;
        effects.push(message.id);
        return Promise.resolve(message);
      });
      const dead = worker.pollOnce(); // stays pending until the end of the test
      await waitFor(() => hasBegun || undefined);
      isDead = false;
      expect(await worker.pollOnce()).toBe(0);
      now += LEASE_MS;
      expect(await worker.pollOnce()).toBe(1);
      expect(await worker.pollOnce()).toBe(0);
      rejectDead();
      await dead;
      expect(effects).toEqual([id]);
      expect(await find(id)).toMatchObject({ processedAt: now });
    });

    test("renews the lease while effects take three leases, so that no other worker begins them", async () => {
      holdIntervals(); // which renew leases
      try {
        const { id } = await inbox.receive(deliveryOf());
        const { promise: held, resolve: proceed } = Promise.withResolvers<undefined>();
        const effects: string[] = [];
        const createWorker = (name: string, until: Promise<unknown>) =>
          workerOf(
            async (message) => {
              effects.push(name);
              await until;
              return message;
            },
            () => Promise.resolve(void effects.push(`${name} is done`)),
          );
        const slow = createWorker("slow", held).pollOnce();
        await waitFor(() => effects[0]);
        const other = createWorker("other", Promise.resolve());
        const leaseUntil = async () => {
          const query = sql<{ until: number }>`select lease_until as until from message where id = ${id}`;
          return Number((await query.execute(shared.kysely)).rows[0]?.until);
        };
        for (let third = 1; third <= 9; third += 1) {
          now += Math.ceil(LEASE_MS / 3); // a whole number, which the column demands
          jest.advanceTimersByTime(Math.ceil(LEASE_MS / 3));
          await waitFor(async () => (await leaseUntil()) === now + LEASE_MS || undefined);
          expect(await other.pollOnce()).toBe(0);
        }
        proceed(undefined);
        await slow;
        expect(effects).toEqual(["slow", "slow is done"]);
      } finally {
        jest.useRealTimers();
      }
    });

    test("parses bodies again in a replay and corrects the metadata, without changing processedAt", async () => {
      const { id } = await inbox.receive(deliveryOf({ metadata: { kind: null, subject: null, occurredAt: START_MS } }));
      const seen: (string | undefined)[] = [];
      const worker = workerOf((message, body) => {
        seen.push(body);
        return Promise.resolve(now === START_MS ? message : { kind: "read", subject: "s", occurredAt: START_MS - 1 });
      });
      await worker.pollOnce();
      now += 1000;
      expect(await inbox.requeue(START_MS + 1, now)).toBe(0);
      expect(await inbox.requeue(START_MS, now)).toBe(1);
      expect(await inbox.countDue(START_MS)).toBe(1);
      await worker.pollOnce();
      expect(seen).toEqual([BODY, BODY]);
      expect(await find(id)).toMatchObject({
        kind: "read",
        subject: "s",
        occurredAt: START_MS - 1,
        processedAt: START_MS,
      });
      expect(await inbox.countDue(START_MS)).toBe(0);
    });

    test("calls onProcessed once for a message, after its effects and after its row is updated", async () => {
      const { id } = await inbox.receive(deliveryOf({ metadata: { kind: null, subject: null, occurredAt: START_MS } }));
      const received: unknown[] = [];
      const corrected = { kind: "read", subject: "s", occurredAt: START_MS - 1 };
      let isFailing = true;
      const worker = workerOf(
        () => (isFailing ? Promise.reject(new Error("a bug")) : Promise.resolve(corrected)),
        async (message, metadata) => {
          received.push([message.subject, metadata, await find(id)]);
        },
      );
      await worker.pollOnce();
      expect(received).toEqual([]);
      isFailing = false;
      now += 1000;
      await worker.pollOnce();
      const written = expect.objectContaining({ ...corrected, processedAt: now });
      expect(received).toEqual([[null, corrected, written]]);
    });

    test("does not call onProcessed in a worker whose lease another worker took", async () => {
      await inbox.receive(deliveryOf());
      const received: string[] = [];
      let proceed = (): void => undefined;
      const held = new Promise<void>((resolve) => (proceed = resolve));
      const recordAs = (name: string) => () => Promise.resolve(void received.push(name));
      let hasBegun = false;
      const handleSlowly: MessageHandler = async (message) => {
        hasBegun = true;
        await held;
        return message;
      };
      const slow = workerOf(handleSlowly, recordAs("slow")).pollOnce();
      await waitFor(() => hasBegun || undefined);
      now += LEASE_MS;
      await workerOf((message) => Promise.resolve(message), recordAs("other")).pollOnce();
      proceed();
      await slow;
      expect(received).toEqual(["other"]);
    });

    test("expires a message of another encryption key a day late, logs that once, and delays no other", async () => {
      const database = openDatabase(url, HOUR_TIMEOUTS);
      closers.push(() => database.close());
      const stranger = new Inbox(database, createEncryption(Buffer.alloc(32, "another").toString("base64")));
      const { id } = await stranger.receive(deliveryOf());
      const { id: readable } = await inbox.receive(deliveryOf());
      const processed: string[] = [];
      const worker = workerOf((message) => {
        processed.push(message.id);
        return Promise.resolve(message);
      });
      await worker.pollOnce();
      expect(errors).toEqual(["processing an inbox message failed"]);
      now += 30 * DAY_MS + 1;
      await worker.pollOnce();
      expect((await find(id))?.encryptedBody).not.toBeNull();
      now += DAY_MS;
      await worker.pollOnce();
      expect(await find(id)).toMatchObject({ encryptedBody: null, processedAt: null });
      expect(errors).toContain("inbox messages expired unprocessed");
      errors.length = 0;
      now += DAY_MS;
      expect(await worker.pollOnce()).toBe(0);
      expect(errors).toEqual([]);
      expect(processed).toEqual([readable]);
    });

    test("purges bodies that are older than the retention", async () => {
      const { id } = await inbox.receive(deliveryOf());
      const worker = workerOf((message) => Promise.resolve(message));
      await worker.pollOnce();
      now += 30 * DAY_MS + 1;
      await worker.pollOnce();
      expect(await find(id)).toMatchObject({ encryptedBody: null });
      expect(errors).toEqual(["inbox message bodies purged"]);
    });
  });
});
