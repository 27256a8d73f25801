import { sql } from "kysely";
import { createDeadline } from "../../src/platform/kernel/deadline";
import { type Sandboxes, startSandboxes } from "../../src/sandbox";
import {
  CONFIRMATION_WINDOW_MS,
  createControlledStore,
  OPERATION_TIMEOUT_MS,
} from "../kit/operations/controlled-store";
import { createSandboxControl } from "../kit/sandbox-control";
import { type Databases, startDatabases } from "../kit/start/databases";
import { createSandboxHandlers } from "../kit/operations/sandbox-handlers";
import {
  clearOperations,
  createClaim,
  createMigratedStore,
  expectClaimed,
  type OpenStore,
} from "../kit/operations/test-store";
import { CANCELLATION_ID, CANCELLED_RECURRENCE_ID, OTHER_TAX_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";

const HOUR = 3_600_000;
const KIND = "CANCEL_PIX_AUTHORIZATION";
/** Was cancelled in 2024 by `OLD_CANCELLATION`. */
const OLD_RECURRENCE = CANCELLED_RECURRENCE_ID;
const OLD_CANCELLATION = CANCELLATION_ID;

const BY_STAFF = {
  recurrenceId: RECURRENCE_ID,
  requesterType: "NATURAL",
  requesterDocument: PAYER_TAX_ID,
  reason: "REQUESTED_BY_PAYER",
  payerTaxId: null as string | null,
};
const BY_PAYER = { ...BY_STAFF, payerTaxId: PAYER_TAX_ID };
const OF_OLD = { ...BY_STAFF, recurrenceId: OLD_RECURRENCE, requesterDocument: OTHER_TAX_ID };

let databases: Databases;
let sandboxes: Sandboxes;
beforeAll(async () => {
  [databases, sandboxes] = await Promise.all([startDatabases(), startSandboxes()]);
});
afterAll(async () => {
  await sandboxes.close();
  await databases.stop();
});

describe.each(["sqlite", "postgres"] as const)("a cancellation of an authorization, on %s,", (dialect) => {
  let opened: OpenStore;
  let clients: ReturnType<typeof createSandboxHandlers>;
  let controlled: Awaited<ReturnType<typeof start>>;
  /** Runs between `prepare` and the lock; does nothing by default. */
  let beforeLock: (call: number) => Promise<void>;

  beforeAll(async () => {
    opened = await createMigratedStore(await databases.createDatabase(dialect));
    clients = createSandboxHandlers(sandboxes);
  });
  afterAll(async () => {
    await clients.close();
    await opened.database.close();
  });

  async function start() {
    const kind = clients.handlers[KIND];
    let calls = 0;
    const gated: typeof kind = {
      ...kind,
      async prepare(input, at) {
        const call = (calls += 1);
        const prepared = await kind.prepare?.(input, at);
        await beforeLock(call);
        return prepared;
      },
    };
    await clearOperations(opened.database);
    const b = await createControlledStore({ [KIND]: gated }, opened);
    const control = createSandboxControl(sandboxes.delbank.url);
    await control.reset();
    const count = async (method: string) => (await control.requests()).filter((one) => one.method === method).length;
    return {
      ...b,
      control,
      posts: () => count("POST"),
      gets: () => count("GET"),
      commits: async () => (await control.state()).commits.length,
      cancel: (idempotencyKey: string, input = BY_STAFF) =>
        b.runner.run({
          ...{ kind: KIND, principal: "principal-1", idempotencyKey, input, recurrenceId: input.recurrenceId },
          deadline: createDeadline(b.monotonic, OPERATION_TIMEOUT_MS),
        }),
      stored: async (key: string) => {
        const operation = await b.store.findByKey("principal-1", key);
        if (!operation) throw new Error("no operation");
        return operation;
      },
    };
  }
  const sandbox = async (name: string, body: object) => {
    const response = await fetch(`${sandboxes.delbank.url}/__sandbox/${name}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
  };
  const lag = (lagMs: number) => sandbox("reads", { lagMs });
  const counterpartRefuses = (recurrenceId = RECURRENCE_ID, isListed = false) =>
    sandbox("counterpart", { recurrenceId, isListed });

  beforeEach(async () => {
    beforeLock = () => Promise.resolve();
    controlled = await start();
  });

  const ALREADY = { outcome: "done", operation: { status: "FAILED", failure: { code: "ALREADY_CANCELLED" } } };

  test.each([
    ["staff", BY_STAFF, 1],
    ["the payer", BY_PAYER, 2],
  ] as const)(
    "requested by %s right after the first, while reads lag, is ALREADY_CANCELLED and not sent",
    async (_who, input, gets) => {
      await lag(HOUR);
      expect(await controlled.cancel("key-1", input)).toMatchObject({ operation: { status: "SUCCEEDED" } });
      expect(await controlled.cancel("key-2", input)).toMatchObject(ALREADY);
      expect([await controlled.posts(), await controlled.commits(), await controlled.gets()]).toEqual([1, 1, gets]);
      expect(await controlled.cancel("key-2", input)).toMatchObject({ ...ALREADY, outcome: "replay" });
    },
  );

  test("with a second key, paused between its read and its lock while the first succeeds, is not sent", async () => {
    await lag(HOUR);
    const [arrived, released] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    beforeLock = async (call) => {
      if (call > 1) return;
      arrived.resolve(undefined);
      await released.promise;
    };
    const second = controlled.cancel("key-2", BY_PAYER);
    await arrived.promise;
    expect(await controlled.cancel("key-1", BY_PAYER)).toMatchObject({ operation: { status: "SUCCEEDED" } });
    released.resolve(undefined);
    expect(await second).toMatchObject(ALREADY);
    expect([await controlled.posts(), await controlled.commits()]).toEqual([1, 1]);
  });

  test("with a second key, paused while the response to the first is lost, is busy, and its key is free", async () => {
    await controlled.control.addFault({ match: { method: "POST" }, kind: "resetBeforeCommit" });
    const [arrived, released] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    beforeLock = async (call) => {
      if (call > 1) return;
      arrived.resolve(undefined);
      await released.promise;
    };
    const second = controlled.cancel("key-2", BY_PAYER);
    await arrived.promise;
    await controlled.cancel("key-1", BY_PAYER);
    released.resolve(undefined);
    const first = await controlled.stored("key-1");
    expect(await second).toEqual({ outcome: "busy", blockedBy: first });
    expect(first.status).toBe("UNCONFIRMED");
    expect(await controlled.store.findByKey("principal-1", "key-2")).toBeUndefined();
    expect(await controlled.posts()).toBe(1);
  });

  test.each([
    ["staff", BY_STAFF],
    ["the payer", BY_PAYER],
  ])("that is UNCONFIRMED and then NEEDS_ATTENTION blocks another by %s until it is settled", async (_who, input) => {
    await controlled.control.addFault({ match: { method: "POST" }, kind: "resetBeforeCommit" });
    await controlled.cancel("key-1", input);
    const { id } = await controlled.stored("key-1");
    const blocked = { outcome: "busy", blockedBy: { id } };
    expect(await controlled.cancel("key-2", input)).toMatchObject(blocked);
    await controlled.advanceAndPoll(CONFIRMATION_WINDOW_MS + 120_000, 600_000);
    expect(await controlled.stored("key-1")).toMatchObject({ status: "NEEDS_ATTENTION" });
    controlled.advance(1_000 * HOUR);
    expect(await controlled.cancel("key-2", input)).toMatchObject(blocked);
    expect(await controlled.posts()).toBe(1);
    // The manual review found no cancellation.
    const failure = { code: "PROVIDER_REJECTED", message: "No.", retryable: true };
    await controlled.store.settle(id, { status: "FAILED", failure }, controlled.now());
    expect(await controlled.cancel("key-2", input)).toMatchObject({ operation: { status: "SUCCEEDED" } });
    expect([await controlled.posts(), await controlled.commits()]).toEqual([2, 1]);
  });

  test.each([
    ["staff", BY_STAFF, 0],
    ["the payer", BY_PAYER, 20 * HOUR],
  ])(
    "that NEEDS_ATTENTION is settled by the next read for %s, who gets ALREADY_CANCELLED",
    async (_who, input, ageMs) => {
      await lag(HOUR);
      await controlled.control.addFault({ match: { method: "POST" }, kind: "resetAfterCommit" });
      await controlled.cancel("key-1", input);
      // Delbank does not show the cancellation for the whole window.
      const active = { RecurrenceId: RECURRENCE_ID, Situation: "ACTIVE", cancellations: [] };
      await controlled.control.addFault({ match: { method: "GET" }, kind: "wrongShape", body: active, times: 1_000 });
      await controlled.advanceAndPoll(CONFIRMATION_WINDOW_MS + 120_000, 600_000);
      expect(await controlled.stored("key-1")).toMatchObject({ status: "NEEDS_ATTENTION" });
      await controlled.control.clearFaults();
      await lag(0);
      controlled.advance(ageMs);
      expect(await controlled.cancel("key-2", input)).toMatchObject(ALREADY);
      const [made] = (await controlled.control.state()).authorizations?.[0].cancellations ?? [];
      expect(await controlled.stored("key-1")).toMatchObject({
        status: "SUCCEEDED",
        result: { id: made.id, requesterDocument: null },
      });
      expect([await controlled.posts(), await controlled.commits()]).toEqual([1, 1]);
    },
  );

  test("that is UNCONFIRMED is read with one request for each counted read, without retries", async () => {
    await controlled.control.addFault({ match: { method: "POST" }, kind: "resetBeforeCommit" });
    await controlled.cancel("key-1");
    await controlled.control.clearRequests();
    await controlled.control.addFault({ match: { method: "GET" }, kind: "status", status: 503, times: 1_000 });
    await controlled.advanceAndPoll(10_000, 10_000);
    expect(await controlled.stored("key-1")).toMatchObject({ status: "UNCONFIRMED", reads: 1 });
    expect(await controlled.gets()).toBe(1);
    await controlled.control.clearFaults();
  });

  test("that NEEDS_ATTENTION is not settled by a read for a caller who is not its payer", async () => {
    await controlled.control.addFault({ match: { method: "POST" }, kind: "resetAfterCommit" });
    await controlled.cancel("key-1", BY_PAYER);
    const { id } = await controlled.stored("key-1");
    await sql`update operation set status = 'NEEDS_ATTENTION', next_attempt_at = null where id = ${id}`.execute(
      controlled.database.kysely,
    );
    const stranger = { ...BY_PAYER, payerTaxId: OTHER_TAX_ID };
    expect(await controlled.cancel("key-2", stranger)).toMatchObject({ operation: { failure: { code: "NOT_FOUND" } } });
    expect(await controlled.stored("key-1")).toMatchObject({ status: "NEEDS_ATTENTION" });
  });

  test("that the counterpart refused can be sent again after 13 h, and blocks again then", async () => {
    await controlled.cancel("key-1");
    await counterpartRefuses();
    const { sentAt } = await controlled.stored("key-1");
    controlled.advance(Number(sentAt) + 13 * HOUR - 1 - controlled.now());
    expect(await controlled.cancel("key-2")).toMatchObject(ALREADY);
    expect(await controlled.gets()).toBe(1); // no read of the second
    controlled.advance(1);
    expect(await controlled.cancel("key-3", BY_PAYER)).toMatchObject({ operation: { status: "SUCCEEDED" } });
    expect(await controlled.cancel("key-4", BY_PAYER)).toMatchObject(ALREADY);
    expect([await controlled.posts(), await controlled.commits()]).toEqual([2, 2]);
    await counterpartRefuses();
    controlled.advance(13 * HOUR);
    const runs = await Promise.all([5, 6, 7, 8].map((n) => controlled.cancel(`key-${n}`)));
    expect(runs.filter((one) => "operation" in one && one.operation.status === "SUCCEEDED")).toHaveLength(1);
    expect([await controlled.posts(), await controlled.commits()]).toEqual([3, 3]);
  });

  test.each([
    ["still reads CANCELLED", () => Promise.resolve()],
    ["reads ACTIVE and lists it", () => counterpartRefuses(RECURRENCE_ID, true)],
  ])("blocks every later one if the authorization %s", async (_how, change) => {
    await controlled.cancel("key-1");
    await change();
    controlled.advance(10_000 * HOUR);
    expect(await controlled.cancel("key-2")).toMatchObject(ALREADY);
    expect(await controlled.posts()).toBe(1);
  });

  describe("of an ACTIVE authorization that lists an old cancellation", () => {
    beforeEach(() => counterpartRefuses(OLD_RECURRENCE, true));

    test("is sent, and settled by its own receipt", async () => {
      const run = await controlled.cancel("key-1", OF_OLD);
      expect(run).toMatchObject({ operation: { status: "SUCCEEDED", baseline: [OLD_CANCELLATION] } });
      expect(run).not.toMatchObject({ operation: { result: { id: OLD_CANCELLATION } } });
    });

    test("becomes NEEDS_ATTENTION, not SUCCEEDED, if Delbank never committed it", async () => {
      await controlled.control.addFault({ match: { method: "POST" }, kind: "resetBeforeCommit" });
      expect(await controlled.cancel("key-1", OF_OLD)).toMatchObject({ operation: { status: "UNCONFIRMED" } });
      await controlled.advanceAndPoll(CONFIRMATION_WINDOW_MS + 120_000, 600_000);
      expect(await controlled.stored("key-1")).toMatchObject({ status: "NEEDS_ATTENTION" });
      expect([await controlled.posts(), await controlled.commits()]).toEqual([1, 0]);
    });

    test("is settled by the new cancellation if Delbank committed it and the response was lost", async () => {
      await controlled.control.addFault({ match: { method: "POST" }, kind: "resetAfterCommit" });
      await controlled.cancel("key-1", OF_OLD);
      await controlled.advanceAndPoll(2_000);
      const { status, result } = await controlled.stored("key-1");
      const { authorizations = [] } = await controlled.control.state();
      const [, made] = authorizations.find(({ recurrenceId }) => recurrenceId === OLD_RECURRENCE).cancellations;
      expect([status, (result as { id: string }).id]).toEqual(["SUCCEEDED", made.id]);
    });

    test("is UNCONFIRMED if the receipt names the old cancellation", async () => {
      const body = { idRecorrencia: OLD_RECURRENCE, idCancelamento: OLD_CANCELLATION, dtHrCancelamento: null };
      const receipt = { kind: "status", status: 200, body };
      await controlled.control.addFault({ match: { method: "POST" }, ...receipt });
      expect(await controlled.cancel("key-1", OF_OLD)).toMatchObject({ operation: { status: "UNCONFIRMED" } });
      await controlled.advanceAndPoll(CONFIRMATION_WINDOW_MS + 120_000, 600_000);
      expect(await controlled.stored("key-1")).toMatchObject({ status: "NEEDS_ATTENTION" });
    });

    test("is not proven by the list if an older release stored it without a baseline", async () => {
      const input = {
        kind: KIND,
        idempotencyKey: "key-1",
        input: OF_OLD,
        recurrenceId: OLD_RECURRENCE,
        now: controlled.now(),
      };
      const { operation, lease } = expectClaimed(await controlled.store.claim(createClaim(input)));
      await controlled.store.markSent(operation, lease, controlled.now());
      await controlled.advanceAndPoll(CONFIRMATION_WINDOW_MS + 120_000, 600_000);
      expect(await controlled.stored("key-1")).toMatchObject({ status: "NEEDS_ATTENTION" });
      expect(await controlled.cancel("key-2", OF_OLD)).toMatchObject({
        outcome: "busy",
        blockedBy: { id: operation.id },
      });
      expect(await controlled.posts()).toBe(0);
    });
  });

  test("is not proven by the cancellation of an earlier operation that Delbank lists again", async () => {
    await controlled.cancel("key-1");
    const first = (await controlled.stored("key-1")).result as { id: string };
    await counterpartRefuses();
    controlled.advance(13 * HOUR);
    await controlled.control.addFault({ match: { method: "POST" }, kind: "resetBeforeCommit" });
    await controlled.cancel("key-2");
    expect(await controlled.stored("key-2")).toMatchObject({ status: "UNCONFIRMED", baseline: [first.id] });
    const cancellations = [{ RecurrenceId: RECURRENCE_ID, CancellationId: first.id }];
    const body = { RecurrenceId: RECURRENCE_ID, Situation: "CANCELLED", cancellations };
    await controlled.control.addFault({ match: { method: "GET" }, kind: "wrongShape", body, times: 1_000 });
    await controlled.advanceAndPoll(CONFIRMATION_WINDOW_MS + 120_000, 600_000);
    expect(await controlled.stored("key-2")).toMatchObject({ status: "NEEDS_ATTENTION" });
    await controlled.control.clearFaults();
  });

  test("does not block one of a recurrence whose id differs only in case", async () => {
    await controlled.cancel("key-1");
    const { id } = await controlled.stored("key-1");
    await sql`update operation set recurrence_id = ${RECURRENCE_ID.toUpperCase()},
      exclusive_on = ${`${KIND}:${RECURRENCE_ID.toUpperCase()}`} where id = ${id}`.execute(controlled.database.kysely);
    await controlled.control.reset();
    expect(await controlled.cancel("key-2")).toMatchObject({ operation: { status: "SUCCEEDED" } });
  });

  test("that FAILED blocks no other", async () => {
    await controlled.control.addFault({
      match: { method: "POST" },
      kind: "status",
      status: 422,
      body: { code: "INVALID_REASON" },
    });
    expect(await controlled.cancel("key-1")).toMatchObject({ operation: { status: "FAILED", attempts: 1 } });
    expect(await controlled.cancel("key-2")).toMatchObject({ operation: { status: "SUCCEEDED" } });
  });

  test("that is PENDING becomes FAILED with ALREADY_CANCELLED, unsent, after another one succeeded", async () => {
    await lag(HOUR);
    await controlled.control.addFault({ match: { method: "GET" }, kind: "status", status: 503, times: 3 });
    expect(await controlled.cancel("key-2")).toMatchObject({ operation: { status: "PENDING", sentAt: null } });
    expect(await controlled.cancel("key-1")).toMatchObject({ operation: { status: "SUCCEEDED" } });
    await controlled.advanceAndPoll(60_000);
    expect(await controlled.stored("key-2")).toMatchObject({
      status: "FAILED",
      failure: { code: "ALREADY_CANCELLED" },
    });
    expect(await controlled.posts()).toBe(1);
  });
});
