import { sql } from "kysely";
import { type OperationHandlers } from "../../src/platform/operations/operation-handler";
import { startSandboxes, type Sandboxes } from "../../src/sandbox";
import { createSandboxControl } from "../kit/sandbox-control";
import { createSandboxHandlers, type SandboxHandlersOptions } from "../kit/operations/sandbox-handlers";
import {
  CONFIRMATION_WINDOW_MS,
  createControlledStore,
  createProviderFailure,
  KEYED_WINDOW_MS,
  OPERATION_TIMEOUT_MS,
  createScriptedKind,
} from "../kit/operations/controlled-store";
import { expectClaimed, createClaim, LEASE_MS } from "../kit/operations/test-store";
import { PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { createDeadline } from "../../src/platform/kernel/deadline";

const SUCCEEDED = { status: "SUCCEEDED" } as const;
const LOST = createProviderFailure("timeout");
const UNREACHED = createProviderFailure("unreachable", { maybeReceived: false });
const REFUSED = createProviderFailure("refused", { status: 400 });
const CONFLICT = createProviderFailure("refused", { status: 409 });

const bench = async (handlers: OperationHandlers) => createControlledStore(handlers);
type Bench = Awaited<ReturnType<typeof bench>>;
const openBenches: Bench[] = [];
async function open(handlers: OperationHandlers): Promise<Bench> {
  const opened = await bench(handlers);
  openBenches.push(opened);
  return opened;
}
afterEach(() => Promise.all(openBenches.splice(0).map(({ database }) => database.close())));

/** What became of the operation of key-1. */
async function stored({ store }: Bench) {
  const operation = await store.findByKey("principal-1", "key-1");
  if (!operation) throw new Error("no operation");
  return operation;
}

/** A process that claimed the operation of key-1 and died: before it wrote that it sends, or after. */
async function died({ store, now, advance }: Bench, kind: string, died: "unsent" | "sent") {
  const { operation, lease } = expectClaimed(await store.claim(createClaim({ kind, now: now() })));
  if (died === "sent") await store.markSent(operation, lease, now());
  advance(LEASE_MS);
}

describe("an operation that is sent once, its answer lost,", () => {
  test("succeeds as soon as a look confirms it, and is not sent again", async () => {
    const kind = createScriptedKind("once", "once", {
      perform: [LOST],
      confirm: [undefined, LOST, undefined, SUCCEEDED],
    });
    const b = await open(kind.handlers);
    expect(await b.run("once")).toMatchObject({ outcome: "done", operation: { status: "UNCONFIRMED", attempts: 1 } });
    await b.advanceAndPoll(60_000);
    expect(await stored(b)).toMatchObject({ status: "SUCCEEDED", attempts: 1, encryptedInput: null });
    expect(kind.count("perform")).toBe(1);
    expect(kind.count("confirm")).toBe(4);
    expect(await b.run("once")).toMatchObject({ outcome: "replay", operation: { status: "SUCCEEDED" } });
  });

  test("needs people's attention when its window is over, is logged, and then left alone", async () => {
    const kind = createScriptedKind("once", "once", { perform: [LOST], confirm: [undefined] });
    const b = await open(kind.handlers);
    await b.run("once");
    await b.advanceAndPoll(CONFIRMATION_WINDOW_MS, 5000);
    expect(await stored(b)).toMatchObject({ status: "UNCONFIRMED" });
    await b.advanceAndPoll(60_000, 5000);
    const operation = await stored(b);
    expect(operation).toMatchObject({ status: "NEEDS_ATTENTION", attempts: 1, nextAttemptAt: null });
    const looks = kind.count("confirm");
    expect(looks).toBeGreaterThan(15); // about once a minute in the end, more often at first
    const errors = b.logs.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50);
    expect(errors).toMatchObject([
      { msg: "operation requires manual review", operationId: operation.id, kind: "once", status: "NEEDS_ATTENTION" },
    ]);
    await b.advanceAndPoll(CONFIRMATION_WINDOW_MS, 60_000);
    expect(kind.count("confirm")).toBe(looks);
    expect(kind.count("perform")).toBe(1);
    expect(await b.run("once")).toMatchObject({ outcome: "inProgress", operation: { status: "NEEDS_ATTENTION" } });
  });

  test("is looked for over the whole window even when it was sent long after it was asked for", async () => {
    const kind = createScriptedKind("once", "once", {
      prepare: [LOST, undefined],
      perform: [LOST],
      confirm: [undefined],
    });
    const b = await open(kind.handlers);
    expect(await b.run("once")).toMatchObject({ operation: { status: "PENDING", sentAt: null } });
    b.advance(CONFIRMATION_WINDOW_MS - 1000);
    await b.reconciler.pollOnce();
    expect(await stored(b)).toMatchObject({ status: "UNCONFIRMED" });
    await b.advanceAndPoll(CONFIRMATION_WINDOW_MS - 60_000, 5000);
    expect(await stored(b)).toMatchObject({ status: "UNCONFIRMED" });
    await b.advanceAndPoll(120_000, 5000);
    expect(await stored(b)).toMatchObject({ status: "NEEDS_ATTENTION" });
    expect(kind.count("perform")).toBe(1);
  });

  test.each([
    ["401", createProviderFailure("unauthorized", { status: 401 })],
    ["429", createProviderFailure("overloaded", { status: 429 })],
    ["400", REFUSED],
  ])("but a %s is no lost answer: it failed", async (_status, refusal) => {
    const kind = createScriptedKind("once", "once", { perform: [refusal], confirm: [undefined] });
    const b = await open(kind.handlers);
    expect(await b.run("once")).toMatchObject({ operation: { status: "FAILED", failure: { code: "REFUSED" } } });
    await b.advanceAndPoll(60_000);
    expect(kind.calls.map(({ what }) => what)).toEqual(["perform"]);
  });
});

describe("an operation with a key of its own, its answer lost,", () => {
  test("is sent again with the same key, at once and by the reconciler", async () => {
    const kind = createScriptedKind("keyed", "keyed", { perform: [LOST, LOST, LOST, LOST, SUCCEEDED] });
    const b = await open(kind.handlers);
    const run = await b.run("keyed");
    expect(run).toMatchObject({ operation: { status: "UNCONFIRMED", attempts: 3 } });
    expect(b.sleeps).toHaveLength(2);
    await b.advanceAndPoll(5000);
    const operation = await stored(b);
    expect(operation).toMatchObject({ status: "SUCCEEDED", attempts: 5 });
    expect(new Set(kind.calls.map(({ key }) => key))).toEqual(new Set([operation.id]));
  });

  test("is not sent again when the provider may have forgotten its key: people look into it", async () => {
    const kind = createScriptedKind("keyed", "keyed", { perform: [LOST] });
    const b = await open(kind.handlers);
    await b.run("keyed");
    b.advance(KEYED_WINDOW_MS + 1); // nobody was running
    await b.reconciler.pollOnce();
    expect(await stored(b)).toMatchObject({ status: "NEEDS_ATTENTION", attempts: 3 });
    expect(kind.count("perform")).toBe(3);
    expect(b.logs.join("")).toContain("operation requires manual review");
  });

  test.each([
    ["after an attempt that may have arrived means that it did", [LOST, CONFLICT], "SUCCEEDED", [true]],
    ["in answer to the first attempt is a refusal", [CONFLICT], "FAILED", [false]],
    ["after an attempt that never left is a refusal", [UNREACHED, CONFLICT], "FAILED", [false]],
    ["after one at the door is a refusal", [createProviderFailure("overloaded"), CONFLICT], "FAILED", [false]],
  ] as const)("a conflict %s", async (_when, perform, status, refusals) => {
    const kind = createScriptedKind("keyed", "keyed", { perform });
    const b = await open(kind.handlers);
    expect(await b.run("keyed")).toMatchObject({ operation: { status } });
    expect(kind.rejections).toEqual(refusals);
  });
});

describe("a process that died", () => {
  test.each(["once", "keyed"] as const)("before it sent: %s is sent, by one other alone", async (repeat) => {
    const kind = createScriptedKind("kind", repeat, { perform: [SUCCEEDED], confirm: [undefined] });
    const b = await open(kind.handlers);
    await died(b, "kind", "unsent");
    await Promise.all(Array.from({ length: 5 }, () => b.reconciler.pollOnce()));
    expect(await stored(b)).toMatchObject({ status: "SUCCEEDED", attempts: 1 });
    expect(kind.calls.map(({ what }) => what)).toEqual(["perform"]);
  });

  test("while its lease runs is not disturbed", async () => {
    const kind = createScriptedKind("kind", "keyed", {});
    const b = await open(kind.handlers);
    await died(b, "kind", "unsent");
    b.advance(-1);
    await b.reconciler.pollOnce();
    expect(kind.calls).toEqual([]);
  });

  test("after it wrote that it sends: once is looked for and never sent", async () => {
    const kind = createScriptedKind("once", "once", { perform: [SUCCEEDED], confirm: [undefined, SUCCEEDED] });
    const b = await open(kind.handlers);
    await died(b, "once", "sent");
    await b.advanceAndPoll(60_000);
    expect(await stored(b)).toMatchObject({ status: "SUCCEEDED", attempts: 1 });
    expect(kind.calls.map(({ what }) => what)).toEqual(["confirm", "confirm"]);
  });

  test("after it wrote that it sends: keyed is sent again, and a conflict means that it had arrived", async () => {
    const kind = createScriptedKind("keyed", "keyed", { perform: [CONFLICT] });
    const b = await open(kind.handlers);
    await died(b, "keyed", "sent");
    await b.reconciler.pollOnce();
    expect(await stored(b)).toMatchObject({ status: "SUCCEEDED", attempts: 2 });
    expect(kind.rejections).toEqual([true]);
  });

  test.each(["unsent", "sent"] as const)(
    "with a secret for its caller, %s: failed, nothing is fetched",
    async (when) => {
      const kind = createScriptedKind("safe", "safe", { perform: [{ ...SUCCEEDED, secret: "for nobody" }] });
      const b = await open(kind.handlers);
      await died(b, "safe", when);
      await b.reconciler.pollOnce();
      expect(await stored(b)).toMatchObject({ status: "FAILED", failure: { retryable: true } });
      expect(kind.calls).toEqual([]);
    },
  );
});

describe("an operation that cannot be sent", () => {
  test.each([
    ["the connection is refused", { perform: [UNREACHED] }],
    ["the look before it finds nobody", { prepare: [LOST] }],
  ])("because %s stays pending and unsent, and is sent when that is over", async (_why, script) => {
    const kind = createScriptedKind("once", "once", { ...script, confirm: [undefined] });
    const b = await open(kind.handlers);
    expect(await b.run("once")).toMatchObject({ operation: { status: "PENDING", sentAt: null, attempts: 0 } });
    await b.advanceAndPoll(60_000);
    expect(await stored(b)).toMatchObject({ status: "PENDING", sentAt: null, attempts: 0 });
    expect(kind.count("confirm")).toBe(0);
    expect(await b.run("once")).toMatchObject({ outcome: "inProgress", operation: { status: "PENDING" } });
    await b.advanceAndPoll(CONFIRMATION_WINDOW_MS + 120_000, 10_000);
    // Nothing has left in all that time, so nobody has to look into it.
    expect(await stored(b)).toMatchObject({ status: "FAILED", failure: { retryable: true }, encryptedInput: null });
  });

  test("because its input cannot be opened waits for a process that can, then has failed, and holds up no other", async () => {
    const kind = createScriptedKind("keyed", "keyed", {});
    const b = await open(kind.handlers);
    await died(b, "keyed", "unsent");
    await sql`update operation set encrypted_input = 'v1.bm90IGEgc2VhbGVkIHRleHQgYXQgYWxsLCByZWFsbHk'`.execute(
      b.database.kysely,
    );
    const other = expectClaimed(
      await b.store.claim(createClaim({ kind: "keyed", idempotencyKey: "key-2", now: b.now() })),
    );
    b.advance(LEASE_MS);
    await b.reconciler.pollOnce();
    expect(await stored(b)).toMatchObject({ status: "PENDING", attempts: 0 });
    expect(b.logs.join("")).toContain("operation input could not be decrypted: check LEDGER_KEY");
    b.advance(KEYED_WINDOW_MS);
    await b.reconciler.pollOnce();
    expect(await stored(b)).toMatchObject({ status: "FAILED", attempts: 0, failure: { retryable: true } });
    expect(await b.store.find(other.operation.id)).toMatchObject({ status: "SUCCEEDED" });
    expect(kind.count("perform")).toBe(1);
  });

  test("because of a bug of ours is logged, holds up no other, and is not told as done", async () => {
    const kind = createScriptedKind("keyed", "keyed", { perform: [new TypeError("a bug, with input in its text")] });
    const b = await open(kind.handlers);
    await died(b, "keyed", "unsent");
    await b.reconciler.pollOnce();
    expect(await stored(b)).toMatchObject({ status: "PENDING", attempts: 1 });
    expect(b.logs.join("")).toContain("reconciling the operation failed");
    expect(b.logs.join("")).not.toContain("a bug, with");
  });
});

describe("with the real providers' clients against the sandbox", () => {
  let sandboxes: Sandboxes;
  beforeAll(async () => {
    sandboxes = await startSandboxes();
  });
  afterAll(() => sandboxes.close());

  const intent = {
    recurrenceId: RECURRENCE_ID,
    requesterType: "NATURAL",
    requesterDocument: PAYER_TAX_ID,
    reason: "REQUESTED_BY_PAYER",
    payerTaxId: null,
  };

  const clients: { close(): Promise<void> }[] = [];
  afterEach(() => Promise.all(clients.splice(0).map((one) => one.close())));
  function connect(options: SandboxHandlersOptions = {}) {
    const connected = createSandboxHandlers(sandboxes, options);
    clients.push(connected);
    return connected;
  }

  async function atDelbank(generation: "automatic-pix" | "pix-automatic") {
    const b = await open(connect({ generation }).handlers);
    const control = createSandboxControl(sandboxes.delbank.url);
    await control.reset();
    const request = {
      kind: "CANCEL_PIX_AUTHORIZATION",
      principal: "principal-1",
      idempotencyKey: "key-1",
      input: intent,
      recurrenceId: RECURRENCE_ID,
      deadline: createDeadline(b.monotonic, OPERATION_TIMEOUT_MS),
    };
    return { b, control, request };
  }

  test.each([
    ["automatic-pix", "/automatic-pix"],
    ["pix-automatic", "/pix/automatic"],
  ] as const)("a cancellation over %s whose answer was cut is confirmed by a read", async (generation, path) => {
    const { b, control, request } = await atDelbank(generation);
    await control.addFault({ match: { method: "POST", path }, kind: "resetAfterCommit" });
    expect(await b.runner.run(request)).toMatchObject({ operation: { status: "UNCONFIRMED" } });
    await b.advanceAndPoll(2000);
    const [cancellation] = (await control.state()).authorizations?.[0].cancellations ?? [];
    expect(await stored(b)).toMatchObject({
      status: "SUCCEEDED",
      result: {
        id: cancellation.id,
        recurrenceId: RECURRENCE_ID,
        reason: "REQUESTED_BY_PAYER",
        requesterDocument: null,
        providerStatus: cancellation.status,
      },
    });
    expect((await control.requests()).filter(({ method }) => method === "POST")).toHaveLength(1);
  });

  test("a receipt of another cancellation is no receipt: what a read shows is stored", async () => {
    const { b, control, request } = await atDelbank("automatic-pix");
    const body = {
      idRecorrencia: "RR3822485720260110legalpay001",
      idCancelamento: "IC3822485720260110xxxxxxxxxxx",
      dtHrCancelamento: "2026-01-10T12:00:00Z",
    };
    await control.addFault({ match: { method: "POST", path: "/automatic-pix" }, kind: "wrongShape", body });
    expect(await b.runner.run(request)).toMatchObject({ operation: { status: "UNCONFIRMED" } });
    await b.advanceAndPoll(2000);
    const [cancellation] = (await control.state()).authorizations?.[0].cancellations ?? [];
    expect(await stored(b)).toMatchObject({
      status: "SUCCEEDED",
      result: { id: cancellation.id, recurrenceId: RECURRENCE_ID },
    });
  });

  test("a cancellation that got lost on the way needs attention, and is never sent again", async () => {
    const { b, control, request } = await atDelbank("automatic-pix");
    await control.addFault({ match: { method: "POST", path: "/automatic-pix" }, kind: "resetBeforeCommit" });
    await b.runner.run(request);
    await b.advanceAndPoll(CONFIRMATION_WINDOW_MS + 120_000, 30_000);
    expect(await stored(b)).toMatchObject({ status: "NEEDS_ATTENTION" });
    expect((await control.state()).commits).toEqual([]);
    expect((await control.requests()).filter(({ method }) => method === "POST")).toHaveLength(1);
  });

  const atAvibra = () => ({ control: createSandboxControl(sandboxes.avibra.url), handlers: connect().handlers });

  test.each([
    ["CREATE_USER", { userId: "u-1001", firstName: "A", lastName: "B", email: "a@example.com" }],
    ["CREATE_USER", { userId: "m-new", firstName: "A", lastName: "B", email: "a@example.com" }],
  ])("%s: no access token is no attempt, so that a conflict behind it is a refusal", async (name, input) => {
    const { control, handlers } = atAvibra();
    await control.reset();
    const b = await open(handlers);
    await control.addFault({ match: { path: "/oauth2/token" }, kind: "status", status: 500 });
    const deadline = createDeadline(b.monotonic, OPERATION_TIMEOUT_MS);
    const run = await b.runner.run({ kind: name, principal: "principal-1", idempotencyKey: "key-1", input, deadline });
    const isThere = input.userId === "u-1001";
    expect(run).toMatchObject({
      operation: isThere ? { status: "FAILED", failure: { code: "ALREADY_EXISTS" } } : { status: "SUCCEEDED" },
    });
  });

  test.each(["CREATE_USER", "PREFILL_USER"])(
    "%s: an answer that was cut is a success after one commit",
    async (name) => {
      const { control, handlers } = atAvibra();
      await control.reset();
      const b = await open(handlers);
      await control.addFault({ match: { path: "/user" }, kind: "truncatedBody" });
      const input = { userId: "m-new", firstName: "A", lastName: "B", email: "a@example.com" };
      const deadline = createDeadline(b.monotonic, OPERATION_TIMEOUT_MS);
      const run = await b.runner.run({
        kind: name,
        principal: "principal-1",
        idempotencyKey: "key-1",
        input,
        deadline,
      });
      expect(run).toMatchObject({ operation: { status: "SUCCEEDED", attempts: 2 } });
      expect((await control.state()).commits).toHaveLength(1);
    },
  );
});
