import { sql } from "kysely";
import { DatabaseUnavailable } from "../../src/platform/database/database.errors";
import { type OperationHandlers } from "../../src/platform/operations/operation-handler";
import { countScheduledReads } from "../../src/platform/operations/confirmation-reads";
import { operationMigrations } from "../../src/platform/operations/operation-migrations";
import { type OperationStore } from "../../src/platform/operations/operation.store";
import {
  CONFIRMATION_WINDOW_MS,
  createControlledStore,
  createProviderFailure,
  createScriptedKind,
  KEYED_WINDOW_MS,
  WINDOWS,
} from "../kit/operations/controlled-store";
import { type Databases, startDatabases } from "../kit/start/databases";
import {
  clearOperations,
  createClaim,
  expectClaimed,
  LEASE_MS,
  openOperationStore,
  type OpenStore,
  START_MS,
} from "../kit/operations/test-store";
import { createSteppedKind } from "../kit/operations/stepped-kind";

const HOUR = 3_600_000;
const SUCCEEDED = { status: "SUCCEEDED" } as const;
const LOST = createProviderFailure("timeout");
const BUG = new TypeError("a bug");

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

describe.each(["sqlite", "postgres"] as const)("on %s, a sent operation", (dialect) => {
  let opened: OpenStore;
  /** Ids that the store reported as settled: what tells subscribers and drops cached reads. */
  const settled: string[] = [];
  beforeAll(async () => {
    const url = await databases.createDatabase(dialect);
    opened = openOperationStore(url, {}, { onSettled: ({ id }) => void settled.push(id) });
    await opened.database.migrate(operationMigrations);
  });
  afterAll(() => opened.database.close());
  beforeEach(async () => {
    settled.length = 0;
    await clearOperations(opened.database);
  });

  /** Two replicas, or more, with the same time. */
  async function start(handlers: OperationHandlers, count = 2, override: Partial<OperationStore> = {}) {
    const store = Object.assign(Object.create(opened.store) as OperationStore, override);
    const replicas = await Promise.all(
      Array.from({ length: count }, () => createControlledStore(handlers, { ...opened, store })),
    );
    const [first] = replicas as [(typeof replicas)[0]];
    const poll = () => Promise.all(replicas.map(({ reconciler }) => reconciler.pollOnce()));
    return {
      replicas,
      poll,
      run: (kind: string, key?: string) => first.run(kind, key),
      now: () => first.now(),
      advance: (ms: number) => {
        for (const replica of replicas) replica.advance(ms);
      },
      async pass(ms: number, stepMs: number) {
        for (let left = ms; left > 0; left -= stepMs) {
          for (const replica of replicas) replica.advance(Math.min(stepMs, left));
          await poll();
        }
      },
      /** What was reported as executed: for metrics, cached reads and subscribers. */
      reported: (status: string) =>
        replicas.flatMap(({ executed }) => executed).filter((operation) => operation.status === status).length,
    };
  }
  const stored = async (key = "key-1") => {
    const operation = await opened.store.findByKey("principal-1", key);
    if (!operation) throw new Error("no operation");
    return operation;
  };

  describe("that needs attention", () => {
    test("succeeds when a later read proves it: settled, reported and told once, and sent once", async () => {
      const kind = createScriptedKind("once", "once", { perform: [LOST], confirm: [undefined] });
      let isProven = false;
      const confirm = () => Promise.resolve(isProven ? SUCCEEDED : undefined);
      const b = await start({ once: { ...kind.handler, confirm } });
      await b.run("once");
      await b.pass(CONFIRMATION_WINDOW_MS + 30 * HOUR, HOUR / 2);
      expect(await stored()).toMatchObject({ status: "NEEDS_ATTENTION", attempts: 1 });
      expect([b.reported("NEEDS_ATTENTION"), settled]).toEqual([1, []]);
      isProven = true;
      await b.pass(2 * HOUR, HOUR / 2);
      const { id, ...operation } = await stored();
      expect(operation).toMatchObject({ status: "SUCCEEDED", attempts: 1, encryptedInput: null, nextAttemptAt: null });
      expect([b.reported("SUCCEEDED"), settled, kind.count("perform")]).toEqual([1, [id], 1]);
      expect(await b.run("once")).toMatchObject({ outcome: "replay", operation: { status: "SUCCEEDED" } });
    });

    test.each([
      ["times out", LOST],
      [
        "is not possible while the circuit breaker is open",
        createProviderFailure("unavailable", { maybeReceived: false }),
      ],
      ["throws a bug", BUG],
    ])("stays so, and is read again within the hour, if a read %s", async (_how, failure) => {
      const kind = createScriptedKind("once", "once", { perform: [LOST], confirm: [undefined, failure, SUCCEEDED] });
      const b = await start(kind.handlers, 1);
      await b.run("once");
      b.advance(CONFIRMATION_WINDOW_MS);
      await b.poll();
      expect(await stored()).toMatchObject({ status: "NEEDS_ATTENTION" });
      await b.pass(1.5 * HOUR, HOUR / 2);
      expect(await stored()).toMatchObject({ status: "NEEDS_ATTENTION", reads: 2 });
      expect(b.reported("NEEDS_ATTENTION")).toBe(1);
      await b.pass(HOUR, HOUR / 2);
      expect(await stored()).toMatchObject({ status: "SUCCEEDED", attempts: 1, reads: 3 });
      expect(kind.count("perform")).toBe(1);
    });

    test("is never sent again if it is keyed, and is not executed any more", async () => {
      const kind = createScriptedKind("keyed", "keyed", { perform: [LOST] });
      const b = await start(kind.handlers);
      await b.run("keyed");
      b.advance(KEYED_WINDOW_MS + 1);
      await b.poll();
      expect(await stored()).toMatchObject({ status: "NEEDS_ATTENTION", nextAttemptAt: null });
      const performed = kind.count("perform");
      // Even if it were due, within a longer window.
      await sql`update operation set next_attempt_at = 0, created_at = ${b.now()}, sent_at = ${b.now()}`.execute(
        opened.database.kysely,
      );
      await b.poll();
      expect(await stored()).toMatchObject({ status: "NEEDS_ATTENTION", nextAttemptAt: null });
      expect([kind.count("perform"), b.reported("NEEDS_ATTENTION")]).toEqual([performed, 1]);
    });
  });

  describe("is read once for each slot of its schedule", () => {
    test("by twenty replicas that poll at the same time, for the whole window", async () => {
      const kind = createScriptedKind("once", "once", { perform: [LOST], confirm: [undefined] });
      const b = await start(kind.handlers, 20);
      await b.run("once");
      await b.pass(CONFIRMATION_WINDOW_MS, HOUR / 4);
      const { status, reads } = await stored();
      expect([status, reads]).toEqual(["NEEDS_ATTENTION", kind.count("confirm")]);
      expect(reads).toBeLessThanOrEqual(52);
      expect([b.reported("NEEDS_ATTENTION"), kind.count("perform")]).toEqual([1, 1]);
    });

    test("and not again by the successors of processes that die in it", async () => {
      const kind = createScriptedKind("once", "once", { perform: [LOST], confirm: [undefined] });
      const alive = await start(kind.handlers, 1);
      await alive.run("once");
      const reads = countScheduledReads(HOUR, WINDOWS);
      await sql`update operation set reads = ${reads}`.execute(opened.database.kysely);
      // Each process dies in its first read, and the next one polls when its lease has ended.
      for (let age = LEASE_MS; age <= 40 * LEASE_MS; age += LEASE_MS) {
        const dying = Promise.withResolvers<undefined>();
        const confirm = () => {
          dying.resolve(undefined);
          return new Promise<undefined>(() => undefined);
        };
        const process = await start({ once: { ...kind.handler, confirm } }, 1);
        process.advance(HOUR + age);
        await Promise.race([process.poll(), dying.promise]);
      }
      const { reads: afterwards } = await stored();
      expect(afterwards).toBeGreaterThan(reads);
      expect(afterwards - reads).toBeLessThanOrEqual(3);
    });

    test("and not without the count: if the database is lost before it, nothing is read", async () => {
      const kind = createScriptedKind("once", "once", { perform: [LOST], confirm: [SUCCEEDED] });
      const markRead = () => Promise.reject(new DatabaseUnavailable(true, new Error("lost")));
      const b = await start(kind.handlers, 1, { markRead });
      await b.run("once");
      b.advance(HOUR);
      await b.poll();
      expect([kind.count("confirm"), (await stored()).status]).toEqual([0, "UNCONFIRMED"]);
      const successor = await start(kind.handlers, 1);
      successor.advance(HOUR + LEASE_MS);
      await successor.poll();
      expect(await stored()).toMatchObject({ status: "SUCCEEDED", attempts: 1 });
    });

    test("and not by a worker whose lease was taken", async () => {
      const kind = createScriptedKind("once", "once", { perform: [LOST], confirm: [SUCCEEDED] });
      const markRead: OperationStore["markRead"] = async (id, lease, now) => {
        await opened.store.leaseDue({ owner: "successor", leaseMs: LEASE_MS, now: now + LEASE_MS, limit: 1 });
        return await opened.store.markRead(id, lease, now);
      };
      const b = await start(kind.handlers, 1, { markRead });
      await b.run("once");
      b.advance(HOUR);
      await b.poll();
      expect([kind.count("confirm"), (await stored()).reads]).toEqual([0, 0]);
    });
  });

  test("whose read stalled past the lease is settled by it if it is proof, and not released by it otherwise", async () => {
    for (const proof of [SUCCEEDED, undefined]) {
      await clearOperations(opened.database);
      const kind = createSteppedKind("once");
      const b = await start(kind.handlers, 2);
      const claim = expectClaimed(await opened.store.claim(createClaim({ kind: "stepped" })));
      await opened.store.markSent(claim.operation, claim.lease, START_MS);
      b.advance(CONFIRMATION_WINDOW_MS + HOUR);
      const [one, two] = b.replicas as [(typeof b.replicas)[0], (typeof b.replicas)[0]];
      const stalled = one.reconciler.pollOnce();
      const first = await kind.waitForCall(1, "confirm");
      b.advance(LEASE_MS);
      const successor = two.reconciler.pollOnce();
      const second = await kind.waitForCall(2, "confirm");
      first.respond(proof);
      await stalled;
      expect((await stored()).status).toBe(proof ? "SUCCEEDED" : "PENDING");
      second.respond(undefined);
      await successor;
      expect((await stored()).status).toBe(proof ? "SUCCEEDED" : "NEEDS_ATTENTION");
    }
  });
});
