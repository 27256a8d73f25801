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
import { dumpDatabase } from "../../kit/security/canaries";
import { type Databases, startDatabases } from "../../kit/start/databases";
import { LEASE_MS, START_MS, TEST_ENCRYPTION_KEY } from "../../kit/operations/test-store";
import { monotonicClockFrom, wallClockFrom } from "../../kit/clocks";
import { waitFor } from "../../kit/wait-for";

const DAY_MS = 86_400_000;
const BODY = '{"secret":"canary-body"}';
/** Only the timer that renews leases is the test's; the database needs the others. */
const NOT_FAKED = [
  "Date",
  "hrtime",
  "nextTick",
  "performance",
  "queueMicrotask",
  "setImmediate",
  "clearImmediate",
  "setTimeout",
  "clearTimeout",
] as const;

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
  /** What the table holds of a message. */
  const find = async (id: string): Promise<EncryptedMessage | undefined> => {
    const tables = shared.kysely.$extendTables<InboxTables>();
    const row = await tables.selectFrom("message").selectAll().where("id", "=", id).executeTakeFirst();
    return row && toEncryptedMessage(row);
  };

  /** An inbox whose statements' results are looked at. */
  function watched(look: (result: QueryResult<UnknownRow>) => void): Inbox {
    const database = openDatabase(url);
    closers.push(() => database.close());
    const kysely = database.kysely.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult({ result }) {
        look(result);
        return Promise.resolve(result);
      },
    });
    return new Inbox({ ...database, kysely }, createEncryption(TEST_ENCRYPTION_KEY));
  }

  beforeAll(async () => {
    url = await databases.createDatabase(dialect);
    shared = openDatabase(url);
    await shared.migrate(inboxMigrations);
    open = () => {
      const database = openDatabase(url);
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

  test("the same keys from two processes at once, in different orders: each is stored once", async () => {
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

  test("one that cannot be stored does not fail those that come after it", async () => {
    await expect(
      inbox.receive(deliveryOf({ metadata: { kind: "k", subject: "s", occurredAt: NaN } })),
    ).rejects.toThrow();
    expect(await inbox.receive(deliveryOf())).toMatchObject({ isDuplicate: false });
  });

  test("a message is given to one process at a time, and to another once the lease is over", async () => {
    await inbox.receive(deliveryOf());
    const other = open().inbox;
    const taken = await Promise.all([inbox.leaseDue(query), other.leaseDue({ ...query, owner: "other" })]);
    expect(taken.flat()).toHaveLength(1);
    expect(await other.leaseDue({ ...query, now: START_MS + LEASE_MS - 1 })).toEqual([]);
    const [again] = await other.leaseDue({ ...query, now: START_MS + LEASE_MS });
    const [late] = taken.flat();
    if (!again || !late) throw new Error("nothing was taken");
    await inbox.markProcessed(late.lease, [late.message.id], START_MS); // the lease is another's by now
    expect(await find(late.message.id)).toMatchObject({ processedAt: null });
    await other.markProcessed(again.lease, [again.message.id], START_MS + 1);
    expect(await find(late.message.id)).toMatchObject({ processedAt: START_MS + 1, attempts: 1 });
    expect(await inbox.leaseDue({ ...query, now: START_MS + DAY_MS })).toEqual([]);
  });

  test("bodies and keys are stored sealed, and bodies are wiped once they are old and worked on", async () => {
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
    // What is wiped is still known.
    expect(await inbox.receive(deliveryOf({ idempotencyKey: "canary-key" }))).toMatchObject({ isDuplicate: true });
  });

  test("a page is of one subject, last received first, and if asked for of what has had its effects alone; a cursor that is none is refused", async () => {
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

  test("a list leaves bodies where they are; each is read where it is asked for", async () => {
    await inbox.receive(deliveryOf());
    const columns = new Set<string>();
    const watching = watched(({ rows }) => {
      for (const row of rows) for (const column of Object.keys(row)) columns.add(column);
    });
    const listed = (await watching.list({ subject: "s", first: 9 })).items.map(({ message }) => message);
    const [about] = await watching.findBySubject("s", ["k"]);
    expect(listed).toEqual([about]);
    expect(columns.has("received_at")).toBe(true);
    expect(columns.has("encrypted_body")).toBe(false);
    expect(await watching.readBody(about as Message)).toBe(BODY);
  });

  test("a body that a replay has made due is kept for it, a day at most", async () => {
    const { id } = await inbox.receive(deliveryOf());
    const [due] = await inbox.leaseDue(query);
    if (!due) throw new Error("nothing is due");
    await inbox.markProcessed(due.lease, [id], START_MS);
    expect(await inbox.requeue(START_MS, START_MS + 1)).toBe(1);
    expect(await inbox.purgeBodies(START_MS + DAY_MS)).toMatchObject({ bodies: 0 });
    expect(await inbox.purgeBodies(START_MS + DAY_MS + 1)).toMatchObject({ bodies: 1, unprocessed: 0 });
    expect(await inbox.countDue(START_MS)).toBe(0);
  });

  test("however many there are, each is made due, and wiped, once", async () => {
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
    const watching = watched(({ numAffectedRows }) => changed.push(Number(numAffectedRows ?? 0)));
    expect(await watching.requeue(START_MS + 25, START_MS + 600)).toBe(425);
    expect(Math.max(...changed)).toBeLessThanOrEqual(200); // in one statement
    expect(await inbox.countDue(0)).toBe(425);
    const again = await inbox.leaseDue({ ...query, now: START_MS + 600, limit: 1000 });
    expect(await inbox.requeue(0, START_MS + 601)).toBe(25); // the others are being worked on
    await inbox.markProcessed(
      again[0]?.lease ?? first.lease,
      again.map(({ message }) => message.id),
      START_MS + 602,
    );
    const counts: number[] = [];
    for (let isFull = true; isFull;) {
      const wiped = await inbox.purgeBodies(START_MS + 450);
      counts.push(wiped.bodies);
      ({ hasMore: isFull } = wiped);
    }
    expect(counts).toEqual([200, 200, 25]);
  });

  describe("its worker", () => {
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

    test("one that fails is tried again later, and keeps no other waiting", async () => {
      const { id: bad } = await inbox.receive(deliveryOf({ idempotencyKey: "bad" }));
      await inbox.receive(deliveryOf({ idempotencyKey: "good" }));
      let isFailing = true;
      const worked: string[] = [];
      const worker = workerOf((message) => {
        if (message.id === bad && isFailing) throw new Error("a bug");
        worked.push(message.id);
        return Promise.resolve(message);
      });
      expect(await worker.pollOnce()).toBe(2);
      expect(worked).toHaveLength(1);
      expect(errors).toContain("processing an inbox message failed");
      expect(await worker.pollOnce()).toBe(0);
      isFailing = false;
      now += 1000;
      expect(await worker.pollOnce()).toBe(1);
      expect(worked[1]).toBe(bad);
      expect(await find(bad)).toMatchObject({ attempts: 2, processedAt: now });
    });

    test("what died between row and effect is worked on by the next process, once", async () => {
      const { id } = await inbox.receive(deliveryOf());
      const effects: string[] = [];
      let isDead = true;
      let bury = (): void => undefined;
      const death = new Promise<never>((_resolve, reject) => {
        bury = () => {
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
      const dead = worker.pollOnce(); // does not come back before the end
      await waitFor(() => hasBegun || undefined);
      isDead = false;
      expect(await worker.pollOnce()).toBe(0);
      now += LEASE_MS;
      expect(await worker.pollOnce()).toBe(1);
      expect(await worker.pollOnce()).toBe(0);
      bury();
      await dead;
      expect(effects).toEqual([id]);
      expect(await find(id)).toMatchObject({ processedAt: now });
    });

    test("effects that take three leases are not begun by another worker: the lease is renewed meanwhile", async () => {
      jest.useFakeTimers({ doNotFake: [...NOT_FAKED] });
      try {
        const { id } = await inbox.receive(deliveryOf());
        const { promise: held, resolve: goOn } = Promise.withResolvers<undefined>();
        const effects: string[] = [];
        const work = (name: string, until: Promise<unknown>) =>
          workerOf(
            async (message) => {
              effects.push(name);
              await until;
              return message;
            },
            () => Promise.resolve(void effects.push(`${name} is done`)),
          );
        const slow = work("slow", held).pollOnce();
        await waitFor(() => effects[0]);
        const other = work("other", Promise.resolve());
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
        goOn(undefined);
        await slow;
        expect(effects).toEqual(["slow", "slow is done"]);
      } finally {
        jest.useRealTimers();
      }
    });

    test("a replay reads the bodies anew, corrects what was read wrong, and counts nothing twice", async () => {
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

    test("it tells of a message once, behind its effects and behind what is written down of them", async () => {
      const { id } = await inbox.receive(deliveryOf({ metadata: { kind: null, subject: null, occurredAt: START_MS } }));
      const told: unknown[] = [];
      const corrected = { kind: "read", subject: "s", occurredAt: START_MS - 1 };
      let isFailing = true;
      const worker = workerOf(
        () => (isFailing ? Promise.reject(new Error("a bug")) : Promise.resolve(corrected)),
        async (message, facts) => {
          told.push([message.subject, facts, await find(id)]);
        },
      );
      await worker.pollOnce();
      expect(told).toEqual([]);
      isFailing = false;
      now += 1000;
      await worker.pollOnce();
      const written = expect.objectContaining({ ...corrected, processedAt: now });
      expect(told).toEqual([[null, corrected, written]]);
    });

    test("who finds that another has taken over leaves it to the other to tell", async () => {
      await inbox.receive(deliveryOf());
      const told: string[] = [];
      let goOn = (): void => undefined;
      const held = new Promise<void>((resolve) => (goOn = resolve));
      const tellAs = (name: string) => () => Promise.resolve(void told.push(name));
      let hasBegun = false;
      const handleSlowly: MessageHandler = async (message) => {
        hasBegun = true;
        await held;
        return message;
      };
      const slow = workerOf(handleSlowly, tellAs("slow")).pollOnce();
      await waitFor(() => hasBegun || undefined);
      now += LEASE_MS;
      await workerOf((message) => Promise.resolve(message), tellAs("other")).pollOnce();
      goOn();
      await slow;
      expect(told).toEqual(["other"]);
    });

    test("what is sealed under another key keeps no other waiting and its body a day longer, and is then given up, which is said once", async () => {
      const database = openDatabase(url);
      closers.push(() => database.close());
      const stranger = new Inbox(database, createEncryption(Buffer.alloc(32, "another").toString("base64")));
      const { id } = await stranger.receive(deliveryOf());
      const { id: readable } = await inbox.receive(deliveryOf());
      const worked: string[] = [];
      const worker = workerOf((message) => {
        worked.push(message.id);
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
      expect(worked).toEqual([readable]);
    });

    test("it wipes what is older than its retention", async () => {
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
