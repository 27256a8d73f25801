import { type RawBuilder, sql } from "kysely";
import { DatabaseUnavailable } from "../../src/platform/database/database.errors";
import { type OperationHandler } from "../../src/platform/operations/operation-handler";
import { createControlledStore, createScriptedKind } from "../kit/operations/controlled-store";
import { type Databases, startDatabases } from "../kit/start/databases";
import {
  expectClaimed,
  createClaim,
  LEASE_MS,
  createMigratedStore,
  openOperationStore,
  START_MS,
} from "../kit/operations/test-store";
import { type LossyStore, openLossyStore } from "../kit/operations/lossy-store";
import { startPostgresProxy } from "../kit/network/postgres-proxy";
import { waitFor } from "../kit/wait-for";

const KIND = "scripted";
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

async function rowsOf({ direct }: Pick<LossyStore, "direct">) {
  const { rows } = await sql<{ id: string; status: string }>`select id, status from operation`.execute(
    direct.database.kysely,
  );
  return rows;
}

describe.each(["sqlite", "postgres"] as const)("a claim whose statement is lost, on %s,", (dialect) => {
  async function start(operation: Partial<OperationHandler<unknown>> = {}) {
    const lossy = await openLossyStore(databases, dialect);
    cleanups.push(() => lossy.close());
    const kind = createScriptedKind(KIND, "once", { confirm: [undefined] });
    const b = await createControlledStore({ [KIND]: { ...kind.handler, ...operation } }, lossy.lossy);
    await b.store.find("connects now");
    return { lossy, kind, b };
  }

  test.each(["answer", "request"] as const)("its %s lost once, is repeated and executed once", async (loss) => {
    const { lossy, kind, b } = await start();
    lossy.loseNext(loss, "insert", "behave");
    const run = await b.run(KIND);
    expect(lossy.lossCount()).toBe(1);
    expect(run).toMatchObject({ outcome: "done", operation: { status: "SUCCEEDED", attempts: 1 } });
    expect(kind.count("perform")).toBe(1);
    expect(await rowsOf(lossy)).toEqual([{ id: "operation" in run && run.operation.id, status: "SUCCEEDED" }]);
    await b.advanceAndPoll(10 * LEASE_MS, LEASE_MS);
    expect(kind.count("perform")).toBe(1);
  });

  test("its answer lost and the database stopped, returns the operation's id, and is executed once later", async () => {
    const { lossy, kind, b } = await start();
    lossy.loseNext("answer", "insert", "refuse");
    const run = await b.run(KIND);
    if (run.outcome !== "unknown") throw new Error(`the outcome is ${run.outcome}`);
    expect([lossy.lossCount(), kind.count("perform")]).toEqual([1, 0]);
    expect(await rowsOf(lossy)).toEqual([{ id: run.operationId, status: "PENDING" }]);

    lossy.restore();
    expect(await b.run(KIND)).toMatchObject({ outcome: "inProgress", operation: { id: run.operationId } });
    await b.advanceAndPoll(10 * LEASE_MS, LEASE_MS);
    expect(kind.count("perform")).toBe(1);
    expect(await b.run(KIND)).toMatchObject({ outcome: "replay", operation: { id: run.operationId } });
  });

  test("not stored and the database stopped, also has an unknown outcome, and is never executed", async () => {
    const { lossy, kind, b } = await start();
    lossy.loseNext("request", "insert", "refuse");
    const run = await b.run(KIND);
    expect(run).toMatchObject({ outcome: "unknown", operationId: expect.any(String) as string });
    expect(await rowsOf(lossy)).toEqual([]);
    lossy.restore();
    await b.advanceAndPoll(10 * LEASE_MS, LEASE_MS);
    expect(kind.count("perform")).toBe(0);
  });

  test("leased by another worker before it is repeated, is in progress and not claimed twice", async () => {
    const { lossy, kind, b } = await start();
    const claim = createClaim({ id: "00000000-0000-4000-8000-000000000001", kind: KIND });
    lossy.loseNext("answer", "insert", "behave");
    await expect(b.store.claim(claim)).rejects.toMatchObject({ maybeCommitted: true });
    b.advance(LEASE_MS);
    const [due] = await lossy.direct.store.leaseDue({ owner: "successor", leaseMs: LEASE_MS, now: b.now(), limit: 1 });
    expect(due?.operation.id).toBe(claim.id);
    expect(await b.store.claim(claim)).toMatchObject({ outcome: "inProgress", operation: { id: claim.id } });
    expect(kind.calls).toEqual([]);
  });

  test("accepted before a bug throws, has its id in the error", async () => {
    const { lossy, b } = await start({ perform: () => Promise.reject(new TypeError("a bug")) });
    const error: unknown = await b.run(KIND).catch((thrown: unknown) => thrown);
    const [row] = await rowsOf(lossy);
    expect(error).toMatchObject({ code: "INTERNAL", operationId: row?.id, cause: expect.any(TypeError) as unknown });
  });

  describe("discarded because another operation holds the lock,", () => {
    async function startBusy() {
      const all = await start({ isExclusive: true });
      const holder = expectClaimed(await all.b.store.claim(createClaim({ idempotencyKey: "holder", kind: KIND })));
      await all.b.store.acquireLock(holder.operation.id, holder.lease, { kind: KIND, recurrenceId: "thing" });
      return { ...all, holder };
    }

    test.each(["answer", "request"] as const)(
      "the deletion's %s lost once, is deleted before the caller gets the outcome busy",
      async (loss) => {
        const { lossy, b, holder } = await startBusy();
        lossy.loseNext(loss, "delete", "behave");
        expect(await b.run(KIND)).toEqual({ outcome: "busy" });
        expect(lossy.lossCount()).toBe(1);
        expect((await rowsOf(lossy)).map(({ id }) => id)).toEqual([holder.operation.id]);
      },
    );

    test.each(["answer", "request"] as const)(
      "the deletion's %s lost and the database stopped, returns the id of the operation that may be executed",
      async (loss) => {
        const { lossy, kind, b, holder } = await startBusy();
        lossy.loseNext(loss, "delete", "refuse");
        const run = await b.run(KIND);
        if (run.outcome !== "unknown") throw new Error(`the outcome is ${run.outcome}`);
        const left = (await rowsOf(lossy)).map(({ id }) => id).filter((id) => id !== holder.operation.id);
        expect(left).toEqual(loss === "request" ? [run.operationId] : []);
        lossy.restore();
        await b.store.settle(
          holder.operation.id,
          { status: "FAILED", failure: { code: "REFUSED", message: "No.", retryable: false } },
          b.now(),
        );
        await b.advanceAndPoll(10 * LEASE_MS, LEASE_MS);
        expect(kind.count("perform")).toBe(left.length);
      },
    );
  });
});

describe("a claim whose error says that it was not committed is never executed:", () => {
  const kind = () => createScriptedKind(KIND, "once", { confirm: [undefined] });

  test("PostgreSQL cancelled the statement at its timeout", async () => {
    const url = await databases.createDatabase("postgres");
    const direct = await createMigratedStore(url);
    const shortTimeout = openOperationStore(url, { statementTimeoutMs: 200 });
    cleanups.push(
      () => direct.database.close(),
      () => shortTimeout.database.close(),
    );
    const scripted = kind();
    const b = await createControlledStore(scripted.handlers, shortTimeout);
    await direct.database.kysely.transaction().execute(async (transaction) => {
      await sql`lock table operation in share row exclusive mode`.execute(transaction);
      await expect(b.run(KIND)).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE", maybeCommitted: false });
    });
    expect(await rowsOf({ direct })).toEqual([]);
    await b.advanceAndPoll(10 * LEASE_MS, LEASE_MS);
    expect([await rowsOf({ direct }), scripted.calls]).toEqual([[], []]);
  });

  test("SQLite was busy for longer than a statement waits", async () => {
    const url = await databases.createDatabase("sqlite");
    const direct = await createMigratedStore(url);
    const shortTimeout = openOperationStore(url, { busyTimeoutMs: 20 });
    cleanups.push(
      () => direct.database.close(),
      () => shortTimeout.database.close(),
    );
    const scripted = kind();
    const b = await createControlledStore(scripted.handlers, shortTimeout);
    await direct.database.kysely.transaction().execute(async () => {
      await expect(b.run(KIND)).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE", maybeCommitted: false });
    });
    expect(await rowsOf({ direct })).toEqual([]);
    await b.advanceAndPoll(10 * LEASE_MS, LEASE_MS);
    expect([await rowsOf({ direct }), scripted.calls]).toEqual([[], []]);
  });

  test("PostgreSQL was unreachable", async () => {
    const proxy = await startPostgresProxy(await databases.createDatabase("postgres"));
    await proxy.close();
    const unreachable = openOperationStore(proxy.url);
    cleanups.push(() => unreachable.database.close());
    const b = await createControlledStore(kind().handlers, unreachable);
    await expect(b.run(KIND)).rejects.toBeInstanceOf(DatabaseUnavailable);
    await expect(b.run(KIND)).rejects.toMatchObject({ maybeCommitted: false });
  });
});

test("an insert that is still running when it is repeated stores one row, which is executed once", async () => {
  const url = await databases.createDatabase("postgres");
  const direct = await createMigratedStore(url);
  const proxy = await startPostgresProxy(url);
  const lossy = openOperationStore(proxy.url);
  cleanups.push(
    () => direct.database.close(),
    () => proxy.close(),
    () => lossy.database.close(),
  );
  const scripted = createScriptedKind(KIND, "once", { confirm: [undefined] });
  const b = await createControlledStore(scripted.handlers, lossy);
  const others = async (condition: RawBuilder<unknown>) => {
    const { rows } = await sql<{ count: number }>`select count(*) as count from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and ${condition}`.execute(direct.database.kysely);
    return Number(rows[0]?.count);
  };
  const waiting = () => others(sql`wait_event_type = 'Lock' and query like '%insert into "operation"%'`);
  let run: ReturnType<typeof b.run> | undefined;
  await direct.database.kysely.transaction().execute(async (transaction) => {
    await sql`lock table operation in share row exclusive mode`.execute(transaction);
    run = b.run(KIND);
    await waitFor(async () => (await waiting()) === 1 || undefined);
    proxy.cutClients();
    // The server does not notice that its client disconnected: both inserts wait for the lock.
    await waitFor(async () => (await waiting()) === 2 || undefined);
  });
  expect(await run).toMatchObject({ outcome: "done", operation: { status: "SUCCEEDED", createdAt: START_MS } });
  await waitFor(async () => (await others(sql`state <> 'idle'`)) === 0 || undefined); // the first insert has ended, too
  expect(await rowsOf({ direct })).toMatchObject([{ status: "SUCCEEDED" }]);
  expect(scripted.count("perform")).toBe(1);
});

test("an insert that reaches the server after its repetition was discarded stores nothing, and the key is free", async () => {
  const url = await databases.createDatabase("postgres");
  const direct = await createMigratedStore(url);
  const proxy = await startPostgresProxy(url);
  const lossy = openOperationStore(proxy.url);
  cleanups.push(
    () => direct.database.close(),
    () => proxy.close(),
    () => lossy.database.close(),
  );
  const scripted = createScriptedKind(KIND, "once", { confirm: [undefined] });
  const b = await createControlledStore({ [KIND]: { ...scripted.handler, isExclusive: true } }, lossy);
  const holder = expectClaimed(await b.store.claim(createClaim({ idempotencyKey: "holder", kind: KIND })));
  await b.store.acquireLock(holder.operation.id, holder.lease, { kind: KIND, recurrenceId: "thing" });
  proxy.holdNext('insert into "operation"');
  expect(await b.run(KIND)).toEqual({ outcome: "busy" });
  const states = async () => (await rowsOf({ direct })).map(({ status }) => status).toSorted();
  expect(await states()).toEqual(["FAILED", "PENDING"]); // the tombstone and the holder
  proxy.forwardHeld();
  await waitFor(() => proxy.hasForwardedResponse() || undefined);
  expect(await states()).toEqual(["FAILED", "PENDING"]);
  const failure = { code: "REFUSED", message: "No.", retryable: false };
  await b.store.settle(holder.operation.id, { status: "FAILED", failure }, b.now());
  await b.advanceAndPoll(10 * LEASE_MS, LEASE_MS);
  expect(scripted.calls).toEqual([]);
  // Neither its key nor its id nor a list shows it.
  expect(await b.store.findByKey("principal-1", "key-1")).toBeUndefined();
  const [tombstone] = (await rowsOf({ direct })).filter(({ id }) => id !== holder.operation.id);
  expect(await b.store.find(tombstone?.id ?? "")).toBeUndefined();
  expect((await b.store.list({ recurrenceId: "thing", first: 10 })).items).toEqual([]);
  expect(await b.run(KIND)).toMatchObject({ outcome: "done", operation: { status: "SUCCEEDED" } });
});
