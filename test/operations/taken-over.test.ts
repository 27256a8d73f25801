import { type Repeat } from "../../src/platform/http/client/endpoint-call";
import { createDeadline } from "../../src/platform/kernel/deadline";
import { createControlledStore, createProviderFailure, OPERATION_TIMEOUT_MS } from "../kit/operations/controlled-store";
import { type Databases, startDatabases } from "../kit/start/databases";
import {
  clearOperations,
  createClaim,
  createMigratedStore,
  expectClaimed,
  LEASE_MS,
  type OpenStore,
} from "../kit/operations/test-store";
import { createSteppedKind } from "../kit/operations/stepped-kind";

const SUCCEEDED = { status: "SUCCEEDED" } as const;
const LOST = createProviderFailure("timeout");
const UNREACHED = createProviderFailure("unreachable", { maybeReceived: false });
const CONFLICT = createProviderFailure("refused", { status: 409 });
const REFUSED = createProviderFailure("refused", { status: 400 });
const SEEN_CANCELLED = { code: "ALREADY_CANCELLED", message: "It is cancelled.", retryable: false };

let databases: Databases;
beforeAll(async () => {
  databases = await startDatabases();
});
afterAll(() => databases.stop());

/** What a worker that stalled past its lease may store after another worker has leased the operation. */
describe.each(["sqlite", "postgres"] as const)("a worker that stalled past its lease, on %s,", (dialect) => {
  let opened: OpenStore;
  beforeAll(async () => {
    opened = await createMigratedStore(await databases.createDatabase(dialect));
  });
  afterAll(() => opened.database.close());
  beforeEach(() => clearOperations(opened.database));

  async function start(repeat: Repeat) {
    const kind = createSteppedKind(repeat);
    const b = await createControlledStore(kind.handlers, opened);
    const stored = async () => {
      const operation = await b.store.findByKey("principal-1", "key-1");
      if (!operation) throw new Error("no operation");
      return operation;
    };
    return { b, kind, stored };
  }

  /** A claim whose process died before it sent, and the poll that leases it. */
  async function startRecovery(repeat: Repeat) {
    const all = await start(repeat);
    expectClaimed(await all.b.store.claim(createClaim({ kind: "stepped" })));
    all.b.advance(LEASE_MS);
    return { ...all, stalled: all.b.reconciler.pollOnce() };
  }

  test.each([
    ["times out", LOST],
    ["sees the effect of its successor", SEEN_CANCELLED],
  ])(
    "whose read of a once operation in recovery %s, does not settle what its successor is sending",
    async (_read, seen) => {
      const { b, kind, stored, stalled } = await startRecovery("once");
      const read = await kind.waitForCall(1, "prepare");
      b.advance(LEASE_MS);
      const successor = b.reconciler.pollOnce();
      (await kind.waitForCall(2, "prepare")).respond(undefined);
      const sending = await kind.waitForCall(3, "perform");
      read.respond(seen);
      await stalled;
      expect(await stored()).toMatchObject({ status: "PENDING", attempts: 1 });
      sending.respond(SUCCEEDED);
      await successor;
      expect(await stored()).toMatchObject({ status: "SUCCEEDED", attempts: 1 });
    },
  );

  test("whose attempt of a keyed operation in recovery was not sent, does not settle what its successor is sending", async () => {
    const { b, kind, stored, stalled } = await startRecovery("keyed");
    const first = await kind.waitForCall(1, "perform");
    b.advance(LEASE_MS);
    // The successor is within the window: it may send again with the key.
    const [due] = await b.store.leaseDue({ owner: "successor", leaseMs: LEASE_MS, now: b.now(), limit: 1 });
    if (due?.outcome !== "ready") throw new Error("not due");
    const deadline = createDeadline(b.monotonic, OPERATION_TIMEOUT_MS);
    const successor = b.worker.execute({ ...due, deadline, recovery: { isPastWindow: false } });
    const second = await kind.waitForCall(2, "perform");
    first.respond(UNREACHED);
    await stalled;
    expect(await stored()).toMatchObject({ status: "PENDING", attempts: 2 });
    second.respond(SUCCEEDED);
    await successor;
    expect(await stored()).toMatchObject({ status: "SUCCEEDED", attempts: 2 });
  });

  test("with a conflict for its keyed attempt, after its successor sent, too, does not settle as FAILED", async () => {
    const { b, kind, stored } = await start("keyed");
    const response = b.run("stepped");
    const first = await kind.waitForCall(1, "perform");
    b.advance(LEASE_MS);
    const successor = b.reconciler.pollOnce();
    const second = await kind.waitForCall(2, "perform");
    first.respond(CONFLICT);
    expect(await response).toMatchObject({ outcome: "done", operation: { status: "PENDING", attempts: 2 } });
    b.advance(OPERATION_TIMEOUT_MS); // no time for another attempt in this execution
    second.respond(LOST);
    await successor;
    expect(await stored()).toMatchObject({ status: "UNCONFIRMED", attempts: 2 });
    b.advance(60_000);
    const third = b.reconciler.pollOnce();
    (await kind.waitForCall(3, "perform")).respond(CONFLICT);
    await third;
    expect(await stored()).toMatchObject({ status: "SUCCEEDED", attempts: 3 });
  });

  test("with a rejection of the only attempt of a once operation settles it without the lease", async () => {
    const { b, kind, stored } = await start("once");
    const response = b.run("stepped");
    (await kind.waitForCall(1, "prepare")).respond(undefined);
    const sending = await kind.waitForCall(2, "perform");
    b.advance(LEASE_MS);
    const successor = b.reconciler.pollOnce();
    (await kind.waitForCall(3, "confirm")).respond(undefined);
    await successor;
    expect(await stored()).toMatchObject({ status: "UNCONFIRMED" });
    sending.respond(REFUSED);
    expect(await response).toMatchObject({ operation: { status: "FAILED", failure: { code: "REFUSED" } } });
    expect(await stored()).toMatchObject({ status: "FAILED", attempts: 1 });
  });

  test("whose last attempt was not sent, does not unmark the attempt of its successor", async () => {
    const { b, kind, stored } = await start("keyed");
    const response = b.run("stepped");
    const first = await kind.waitForCall(1, "perform");
    b.advance(LEASE_MS);
    const successor = b.reconciler.pollOnce();
    const second = await kind.waitForCall(2, "perform");
    b.advance(OPERATION_TIMEOUT_MS);
    first.respond(UNREACHED);
    expect(await response).toMatchObject({ operation: { status: "PENDING", attempts: 2 } });
    expect((await stored()).sentAt).not.toBeNull();
    second.respond(SUCCEEDED);
    await successor;
    expect(await stored()).toMatchObject({ status: "SUCCEEDED", attempts: 2 });
  });

  test("whose deadline passed before it sent, returns the operation that its successor is sending, not noTime", async () => {
    const { b, kind, stored } = await start("once");
    const response = b.run("stepped");
    const read = await kind.waitForCall(1, "prepare");
    b.advance(LEASE_MS);
    const successor = b.reconciler.pollOnce();
    (await kind.waitForCall(2, "prepare")).respond(undefined);
    const sending = await kind.waitForCall(3, "perform");
    read.respond(undefined);
    expect(await response).toMatchObject({
      outcome: "done",
      operation: { id: (await stored()).id, status: "PENDING" },
    });
    sending.respond(SUCCEEDED);
    await successor;
    expect(await stored()).toMatchObject({ status: "SUCCEEDED", attempts: 1 });
  });

  test("with a failed safe attempt leaves the settlement to its successor", async () => {
    const { b, kind, stored } = await start("safe");
    const response = b.run("stepped");
    const attempt = await kind.waitForCall(1, "perform");
    b.advance(LEASE_MS);
    const query = { owner: "successor", leaseMs: LEASE_MS, now: b.now(), limit: 1 };
    const [due] = await b.store.leaseDue(query);
    if (due?.outcome !== "ready") throw new Error("not due");
    attempt.respond(LOST);
    expect(await response).toMatchObject({ operation: { status: "PENDING" } });
    // The same for a worker in recovery whose lease was taken.
    b.advance(LEASE_MS);
    const [successor] = await b.store.leaseDue({ ...query, now: b.now() });
    const deadline = createDeadline(b.monotonic, OPERATION_TIMEOUT_MS);
    await b.worker.execute({ ...due, deadline, recovery: { isPastWindow: true } });
    expect(await stored()).toMatchObject({ status: "PENDING" });
    if (successor?.outcome !== "ready") throw new Error("not due");
    await b.worker.execute({ ...successor, deadline, recovery: { isPastWindow: false } });
    expect(await stored()).toMatchObject({ status: "FAILED" });
  });
});
