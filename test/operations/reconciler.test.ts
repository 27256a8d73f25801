import { sql } from "kysely";
import { type OperationHandlers } from "../../src/platform/operations/operation-handler";
import { startSandboxes, type Sandboxes } from "../../src/sandbox";
import { createSandboxControl } from "../kit/sandbox-control";
import { createSandboxHandlers, type SandboxHandlersOptions } from "../kit/operations/sandbox-handlers";
import {
  ATTENTION_WINDOW_MS,
  CONFIRMATION_WINDOW_MS,
  createControlledStore,
  createProviderFailure,
  KEYED_WINDOW_MS,
  OPERATION_TIMEOUT_MS,
  createScriptedKind,
  SEND_WINDOW_MS,
} from "../kit/operations/controlled-store";
import { expectClaimed, createClaim, LEASE_MS } from "../kit/operations/test-store";
import { MEMBER_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
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

/** The stored operation of key-1. */
async function stored({ store }: Bench) {
  const operation = await store.findByKey("principal-1", "key-1");
  if (!operation) throw new Error("no operation");
  return operation;
}

/** A process that claimed the operation of key-1 and died before or after it marked it as sent. */
async function died({ store, now, advance }: Bench, kind: string, died: "unsent" | "sent") {
  const { operation, lease } = expectClaimed(await store.claim(createClaim({ kind, now: now() })));
  if (died === "sent") await store.markSent(operation, lease, now());
  advance(LEASE_MS);
}

describe("a once operation whose response is lost", () => {
  test("succeeds when a read confirms it, and is not sent again", async () => {
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
    const lines = b.logs.map((line) => JSON.parse(line) as { readonly msg: string; readonly status: string });
    expect(lines.map(({ msg, status }) => `${msg}: ${status}`)).toEqual([
      ...Array.from({ length: 3 }, () => "operation postponed: UNCONFIRMED"),
      "operation reconciled: SUCCEEDED",
    ]);
    expect(await b.run("once")).toMatchObject({ outcome: "replay", operation: { status: "SUCCEEDED" } });
  });

  test("becomes NEEDS_ATTENTION after its window and at most 120 reads, logged once, and stays so after a week", async () => {
    const kind = createScriptedKind("once", "once", { perform: [LOST], confirm: [undefined] });
    const b = await open(kind.handlers);
    await b.run("once");
    await b.advanceAndPoll(CONFIRMATION_WINDOW_MS - 1, 5000);
    expect(await stored(b)).toMatchObject({ status: "UNCONFIRMED" });
    await b.advanceAndPoll(1);
    const operation = await stored(b);
    expect(operation).toMatchObject({ status: "NEEDS_ATTENTION", attempts: 1 });
    const reads = kind.count("confirm");
    expect(operation.reads).toBe(reads);
    expect(reads).toBeGreaterThan(100);
    expect(reads).toBeLessThanOrEqual(120);
    const errors = () => b.logs.map((line) => JSON.parse(line)).filter(({ level }) => level === "error");
    const error = { msg: "operation requires manual review", operationId: operation.id, kind: "once" };
    expect(errors()).toMatchObject([{ ...error, status: "NEEDS_ATTENTION" }]);

    await b.advanceAndPoll(ATTENTION_WINDOW_MS, 600_000);
    expect(kind.count("confirm") - reads).toBe(24 * 7 - 1); // once an hour; the last would be late
    expect(await stored(b)).toMatchObject({ status: "NEEDS_ATTENTION", nextAttemptAt: null });
    await b.advanceAndPoll(ATTENTION_WINDOW_MS, 3_600_000);
    expect(kind.count("confirm") - reads).toBe(24 * 7 - 1);
    expect([kind.count("perform"), errors().length]).toEqual([1, 1]);
    expect(b.executed.filter(({ status }) => status === "NEEDS_ATTENTION")).toHaveLength(1);
    expect(await b.run("once")).toMatchObject({ outcome: "inProgress", operation: { status: "NEEDS_ATTENTION" } });
  });

  test("is confirmed for the whole window from its sending, even if it was claimed long before", async () => {
    const kind = createScriptedKind("once", "once", {
      prepare: [LOST, undefined],
      perform: [LOST],
      confirm: [undefined],
    });
    const b = await open(kind.handlers);
    expect(await b.run("once")).toMatchObject({ operation: { status: "PENDING", sentAt: null } });
    b.advance(SEND_WINDOW_MS - 1000);
    await b.reconciler.pollOnce();
    expect(await stored(b)).toMatchObject({ status: "UNCONFIRMED" });
    await b.advanceAndPoll(CONFIRMATION_WINDOW_MS - 60_000, 60_000);
    expect(await stored(b)).toMatchObject({ status: "UNCONFIRMED" });
    await b.advanceAndPoll(120_000, 60_000);
    expect(await stored(b)).toMatchObject({ status: "NEEDS_ATTENTION" });
    expect(kind.count("perform")).toBe(1);
  });

  test.each([
    ["401 instead", createProviderFailure("unauthorized", { status: 401 })],
    ["429 instead", createProviderFailure("overloaded", { status: 429 })],
    ["400 instead", REFUSED],
  ])("with a %s is FAILED: a rejection is no lost response", async (_status, refusal) => {
    const kind = createScriptedKind("once", "once", { perform: [refusal], confirm: [undefined] });
    const b = await open(kind.handlers);
    expect(await b.run("once")).toMatchObject({ operation: { status: "FAILED", failure: { code: "REFUSED" } } });
    await b.advanceAndPoll(60_000);
    expect(kind.calls.map(({ what }) => what)).toEqual(["perform"]);
  });
});

describe("a keyed operation whose response is lost", () => {
  test("is retried with the same key, first by the request and then by the reconciler", async () => {
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

  test("becomes NEEDS_ATTENTION after the provider may have forgotten its key, and is not sent again", async () => {
    const kind = createScriptedKind("keyed", "keyed", { perform: [LOST] });
    const b = await open(kind.handlers);
    await b.run("keyed");
    b.advance(KEYED_WINDOW_MS + 1); // no process was running
    await b.reconciler.pollOnce();
    expect(await stored(b)).toMatchObject({ status: "NEEDS_ATTENTION", attempts: 3 });
    expect(kind.count("perform")).toBe(3);
    expect(b.logs.join("")).toContain("operation requires manual review");
  });

  test.each([
    ["after an attempt that may have arrived means success", [LOST, CONFLICT], "SUCCEEDED", [true]],
    ["in response to the first attempt is a rejection", [CONFLICT], "FAILED", [false]],
    ["after an attempt that was not sent is a rejection", [UNREACHED, CONFLICT], "FAILED", [false]],
    [
      "after an attempt that was rejected as overload is a rejection",
      [createProviderFailure("overloaded"), CONFLICT],
      "FAILED",
      [false],
    ],
  ] as const)("and whose retry gets a conflict: a conflict %s", async (_when, perform, status, refusals) => {
    const kind = createScriptedKind("keyed", "keyed", { perform });
    const b = await open(kind.handlers);
    expect(await b.run("keyed")).toMatchObject({ operation: { status } });
    expect(kind.rejections).toEqual(refusals);
  });
});

describe("an operation whose process died", () => {
  test.each(["once", "keyed"] as const)(
    "before it was sent (%s) is sent by one of five concurrent polls",
    async (repeat) => {
      const kind = createScriptedKind("kind", repeat, { perform: [SUCCEEDED], confirm: [undefined] });
      const b = await open(kind.handlers);
      await died(b, "kind", "unsent");
      await Promise.all(Array.from({ length: 5 }, () => b.reconciler.pollOnce()));
      expect(await stored(b)).toMatchObject({ status: "SUCCEEDED", attempts: 1 });
      expect(kind.calls.map(({ what }) => what)).toEqual(["perform"]);
    },
  );

  test("is not leased while the lease runs", async () => {
    const kind = createScriptedKind("kind", "keyed", {});
    const b = await open(kind.handlers);
    await died(b, "kind", "unsent");
    b.advance(-1);
    await b.reconciler.pollOnce();
    expect(kind.calls).toEqual([]);
  });

  test("after it was marked as sent (once) is confirmed by reads and never sent", async () => {
    const kind = createScriptedKind("once", "once", { perform: [SUCCEEDED], confirm: [undefined, SUCCEEDED] });
    const b = await open(kind.handlers);
    await died(b, "once", "sent");
    await b.advanceAndPoll(60_000);
    expect(await stored(b)).toMatchObject({ status: "SUCCEEDED", attempts: 1 });
    expect(kind.calls.map(({ what }) => what)).toEqual(["confirm", "confirm"]);
  });

  test("after it was marked as sent (keyed) is sent again, and a conflict means success", async () => {
    const kind = createScriptedKind("keyed", "keyed", { perform: [CONFLICT] });
    const b = await open(kind.handlers);
    await died(b, "keyed", "sent");
    await b.reconciler.pollOnce();
    expect(await stored(b)).toMatchObject({ status: "SUCCEEDED", attempts: 2 });
    expect(kind.rejections).toEqual([true]);
  });

  test.each(["unsent", "sent"] as const)(
    "and whose result is a secret for its caller (%s) becomes FAILED without a provider call",
    async (when) => {
      const kind = createScriptedKind("safe", "safe", { perform: [{ ...SUCCEEDED, secret: "unused" }] });
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
    ["the read before it times out", { prepare: [LOST] }],
  ])("because %s stays PENDING and unsent, and becomes FAILED after its window", async (_why, script) => {
    const kind = createScriptedKind("once", "once", { ...script, confirm: [undefined] });
    const b = await open(kind.handlers);
    expect(await b.run("once")).toMatchObject({ operation: { status: "PENDING", sentAt: null, attempts: 0 } });
    await b.advanceAndPoll(60_000);
    expect(await stored(b)).toMatchObject({ status: "PENDING", sentAt: null, attempts: 0 });
    expect(kind.count("confirm")).toBe(0);
    expect(await b.run("once")).toMatchObject({ outcome: "inProgress", operation: { status: "PENDING" } });
    await b.advanceAndPoll(SEND_WINDOW_MS, 10_000);
    // It was never sent, so it needs no manual review.
    expect(await stored(b)).toMatchObject({ status: "FAILED", failure: { retryable: true }, encryptedInput: null });
  });

  test("because its input cannot be decrypted stays PENDING, then becomes FAILED, and delays no other", async () => {
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
    b.advance(SEND_WINDOW_MS);
    await b.reconciler.pollOnce();
    expect(await stored(b)).toMatchObject({ status: "FAILED", attempts: 0, failure: { retryable: true } });
    expect(await b.store.find(other.operation.id)).toMatchObject({ status: "SUCCEEDED" });
    expect(kind.count("perform")).toBe(1);
  });

  test("because of a bug stays PENDING, and the log has no input", async () => {
    const kind = createScriptedKind("keyed", "keyed", { perform: [new TypeError("a bug, with input in its text")] });
    const b = await open(kind.handlers);
    await died(b, "keyed", "unsent");
    await b.reconciler.pollOnce();
    expect(await stored(b)).toMatchObject({ status: "PENDING", attempts: 1 });
    expect(b.logs.join("")).toContain("reconciling the operation failed");
    expect(b.logs.join("")).not.toContain("a bug, with");
  });
});

describe("an operation at the sandbox", () => {
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
  ] as const)(
    "is confirmed by a read if it is a cancellation over %s whose response was cut",
    async (generation, path) => {
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
    },
  );

  test("stores what a read shows if the receipt names another cancellation", async () => {
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

  test("becomes NEEDS_ATTENTION if it is a cancellation that Delbank never received, and is not sent again", async () => {
    const { b, control, request } = await atDelbank("automatic-pix");
    await control.addFault({ match: { method: "POST", path: "/automatic-pix" }, kind: "resetBeforeCommit" });
    await b.runner.run(request);
    await b.advanceAndPoll(CONFIRMATION_WINDOW_MS + 120_000, 600_000);
    expect(await stored(b)).toMatchObject({ status: "NEEDS_ATTENTION" });
    expect((await control.state()).commits).toEqual([]);
    expect((await control.requests()).filter(({ method }) => method === "POST")).toHaveLength(1);
  });

  const atAvibra = () => ({ control: createSandboxControl(sandboxes.avibra.url), handlers: connect().handlers });

  test.each([
    ["CREATE_USER", { userId: MEMBER_ID, firstName: "A", lastName: "B", email: "a@example.com" }],
    ["CREATE_USER", { userId: "m-new", firstName: "A", lastName: "B", email: "a@example.com" }],
  ])(
    "(%s for %j) whose access token fails is not attempted, so that a later conflict is a rejection",
    async (name, input) => {
      const { control, handlers } = atAvibra();
      await control.reset();
      const b = await open(handlers);
      await control.addFault({ match: { path: "/oauth2/token" }, kind: "status", status: 500 });
      const deadline = createDeadline(b.monotonic, OPERATION_TIMEOUT_MS);
      const run = await b.runner.run({
        kind: name,
        principal: "principal-1",
        idempotencyKey: "key-1",
        input,
        deadline,
      });
      const isMember = input.userId === MEMBER_ID;
      expect(run).toMatchObject({
        operation: isMember ? { status: "FAILED", failure: { code: "ALREADY_EXISTS" } } : { status: "SUCCEEDED" },
      });
    },
  );

  test.each(["CREATE_USER", "PREFILL_USER"])("(%s) whose response was cut succeeds with one commit", async (name) => {
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
  });
});
