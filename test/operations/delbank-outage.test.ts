import { createDeadline } from "../../src/platform/kernel/deadline";
import { type OperationHandler } from "../../src/platform/operations/operation-handler";
import { type Operation } from "../../src/platform/operations/operation";
import { type OperationStore } from "../../src/platform/operations/operation.store";
import { type Sandboxes, startSandboxes } from "../../src/sandbox";
import { monotonicClockFrom } from "../kit/clocks";
import { ONE_DIALECT } from "../kit/database/one-dialect";
import {
  CONFIRMATION_WINDOW_MS,
  createControlledStore,
  OPERATION_TIMEOUT_MS,
} from "../kit/operations/controlled-store";
import { createSandboxHandlers } from "../kit/operations/sandbox-handlers";
import { createMigratedStore, type OpenStore, START_MS } from "../kit/operations/test-store";
import { createSandboxControl } from "../kit/sandbox-control";
import { authorizationId, PAYER_TAX_ID } from "../kit/seeds/ids";
import { type Databases, startDatabases } from "../kit/start/databases";

jest.setTimeout(600_000); // thousands of reads, one test after the other

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const OUTAGE_MS = 20 * MINUTE;
const KIND = "CANCEL_PIX_AUTHORIZATION";
const PATH = "/baas/api/v1/automatic-pix/authorizations";

/** Where the process of a cancellation dies. Undefined: it lives on. */
type Death = "claimed" | "read" | "marked" | "performed" | undefined;

/** What a cancellation has reached when Delbank fails, and what becomes of it. */
interface Phase {
  readonly name: string;
  readonly presses: number;
  readonly death?: Death;
  /** What Delbank does with its POST. Undefined: it answers. */
  readonly fault?: "resetBeforeCommit" | "resetAfterCommit";
  /** When it is pressed, since the beginning of the outage. */
  readonly atMs?: number;
  /** How often it was sent, and committed, in the end. */
  readonly sent: 0 | 1;
  readonly committed: 0 | 1;
  readonly afterOutage: Operation["status"];
}

const LATE = OUTAGE_MS / 2;
const FAILED = { sent: 0, committed: 0, afterOutage: "FAILED" } as const;
const UNKNOWN = { sent: 1, committed: 0, afterOutage: "UNCONFIRMED" } as const;
const SUCCEEDED = { sent: 1, committed: 1, afterOutage: "SUCCEEDED" } as const;
// prettier-ignore
const PHASES: readonly Phase[] = [
  // Never sent, and their send window ends during the outage.
  { name: "claimed", presses: 5, death: "claimed", ...FAILED },
  { name: "authorization read and locked", presses: 5, death: "read", ...FAILED },
  // Never sent, and still in their send window after the outage.
  { name: "claimed during the outage", presses: 3, death: "claimed", atMs: LATE, ...SUCCEEDED },
  { name: "postponed, because Delbank could not be read", presses: 3, atMs: LATE, ...SUCCEEDED },
  { name: "marked as sent, and not sent", presses: 6, death: "marked", ...UNKNOWN, sent: 0 },
  { name: "on its way, and lost before the commit", presses: 6, death: "performed", fault: "resetBeforeCommit", ...UNKNOWN },
  { name: "lost after the commit", presses: 6, death: "performed", fault: "resetAfterCommit", ...SUCCEEDED },
  { name: "answered, and the answer not stored", presses: 6, death: "performed", ...SUCCEEDED },
  { name: "unconfirmed, without a commit", presses: 5, fault: "resetBeforeCommit", ...UNKNOWN },
  { name: "unconfirmed, committed", presses: 5, fault: "resetAfterCommit", ...SUCCEEDED },
];
const CASES = PHASES.flatMap((phase) => Array.from({ length: phase.presses }, () => phase)).map((phase, index) => ({
  ...phase,
  key: `key-${index + 1}`,
  recurrenceId: authorizationId(index + 1),
}));
type Case = (typeof CASES)[number];

let databases: Databases;
let sandboxes: Sandboxes;
beforeAll(async () => {
  [databases, sandboxes] = await Promise.all([startDatabases(), startSandboxes({ extraAuthorizations: CASES.length })]);
});
afterAll(async () => {
  await sandboxes.close();
  await databases.stop();
});

test("there are 50 cancellations", () => {
  expect(CASES).toHaveLength(50);
});

describe.each(ONE_DIALECT)("after an outage of Delbank of twenty minutes, on %s,", (dialect) => {
  let opened: OpenStore;
  /** Of the processes that die, and of the replicas, whose circuit breakers open during the outage. */
  let callers: ReturnType<typeof createSandboxHandlers>;
  let clients: ReturnType<typeof createSandboxHandlers>;
  let replicas: Awaited<ReturnType<typeof createControlledStore>>[];
  /** Time since the outage began. */
  let elapsedMs = 0;
  const control = () => createSandboxControl(sandboxes.delbank.url);

  const toRequest = ({ key, recurrenceId }: Pick<Case, "key" | "recurrenceId">) => ({
    kind: KIND,
    principal: "principal-1",
    idempotencyKey: key,
    recurrenceId,
    input: {
      recurrenceId,
      requesterType: "NATURAL",
      requesterDocument: PAYER_TAX_ID,
      reason: "REQUESTED_BY_PAYER",
      payerTaxId: null,
    },
  });

  /** A process with one request, which dies where the phase says: its promise never resolves, and its lease ends. */
  async function press({ death, fault, ...one }: Case): Promise<void> {
    const died = Promise.withResolvers<undefined>();
    const die = (): Promise<never> => {
      died.resolve(undefined);
      return new Promise(() => undefined);
    };
    const kind = callers.handlers[KIND];
    const handler: OperationHandler<unknown> = {
      ...kind,
      prepare: (input, at) => (death === "claimed" ? die() : (kind.prepare?.(input as never, at) ?? die())),
      async perform(input, at) {
        if (death === "marked") return die();
        if (death !== "performed") return kind.perform(input as never, at);
        await kind.perform(input as never, at).catch(() => undefined);
        return die();
      },
    };
    const store = Object.create(opened.store) as OperationStore;
    if (death === "read") store.markSent = die;
    const process = await createControlledStore({ [KIND]: handler }, { ...opened, store });
    process.advance(elapsedMs);
    const match = { method: "POST", path: `${PATH}/${one.recurrenceId}` };
    if (fault) await control().addFault({ match, kind: fault });
    const deadline = createDeadline(process.monotonic, OPERATION_TIMEOUT_MS);
    const done = process.runner.run({ ...toRequest(one), deadline });
    await (death === undefined ? done : died.promise);
  }

  /** Lets time pass for both replicas, which poll at the same time after each step. */
  async function pass(ms: number, stepMs: number): Promise<void> {
    for (const endMs = elapsedMs + ms; elapsedMs < endMs;) {
      const step = Math.min(stepMs, endMs - elapsedMs);
      elapsedMs += step;
      for (const replica of replicas) replica.advance(step);
      await Promise.all(replicas.map(({ reconciler }) => reconciler.pollOnce()));
    }
  }
  const find = async ({ key }: Pick<Case, "key">) => {
    const operation = await opened.store.findByKey("principal-1", key);
    if (!operation) throw new Error("no operation");
    return operation;
  };
  /** What Delbank received and committed for one authorization. */
  async function countAtDelbank(): Promise<(one: Case) => { posts: number; gets: number; commits: number }> {
    const requests = await control().requests(PATH);
    const { commits } = await control().state();
    return ({ recurrenceId }) => {
      const own = requests.filter(({ path }) => path.includes(recurrenceId));
      return {
        posts: own.filter(({ method }) => method === "POST").length,
        gets: own.filter(({ method }) => method === "GET").length,
        commits: commits.filter(({ subject }) => subject === recurrenceId).length,
      };
    };
  }
  async function expectAll(expectedStatus: (one: Case) => Operation["status"]): Promise<void> {
    const count = await countAtDelbank();
    for (const one of CASES) {
      const { status, reads } = await find(one);
      const { posts, gets, commits } = count(one);
      expect({ ...one, status, posts, commits }).toEqual({
        ...one,
        status: expectedStatus(one),
        posts: one.sent,
        commits: one.committed,
      });
      // One read before it was sent; the others looked for it, and each was counted before.
      if (status !== "FAILED" && one.atMs === undefined) expect(gets - 1).toBeLessThanOrEqual(reads);
    }
  }
  const reportsOf = (status: Operation["status"]) =>
    replicas.flatMap(({ executed }) => executed.filter((operation) => operation.status === status).map(({ id }) => id));
  const lost = CASES.filter(({ afterOutage }) => afterOutage === "UNCONFIRMED");

  beforeAll(async () => {
    opened = await createMigratedStore(await databases.createDatabase(dialect));
    callers = createSandboxHandlers(sandboxes);
    clients = createSandboxHandlers(sandboxes, {
      monotonic: monotonicClockFrom(() => START_MS + elapsedMs),
      guard: { concurrency: 20, queueLength: 50, minCalls: 20, failurePercent: 50, slowCallMs: HOUR, openMs: 10_000 },
    });
    const handlers = { [KIND]: clients.handlers[KIND] as OperationHandler<unknown> };
    replicas = [await createControlledStore(handlers, opened), await createControlledStore(handlers, opened)];
    await control().reset();
    for (const one of CASES.filter(({ atMs }) => atMs === undefined)) await press(one);
    await control().addFault({ match: { path: PATH }, kind: "resetBeforeCommit", times: 1_000_000 });
    await pass(LATE, 20 * SECOND);
    for (const one of CASES.filter(({ atMs }) => atMs !== undefined)) await press(one);
    await pass(OUTAGE_MS - LATE, 20 * SECOND);
    await control().clearFaults();
  });
  afterAll(async () => {
    await Promise.all([clients.close(), callers.close()]);
    await opened.database.close();
  });

  test("what was never sent, or was committed, is settled within minutes, and the rest is not guessed", async () => {
    await pass(4 * MINUTE, 10 * SECOND);
    await expectAll(({ afterOutage }) => afterOutage);
    for (const one of CASES.filter(({ afterOutage }) => afterOutage === "FAILED")) {
      expect(await find(one)).toMatchObject({ attempts: 0, sentAt: null, failure: { retryable: true } });
    }
    const settled = [...reportsOf("SUCCEEDED"), ...reportsOf("FAILED")];
    expect(new Set(settled).size).toBe(settled.length);
    expect(settled).toHaveLength(CASES.length - lost.length);
  });

  test("what was sent and never committed needs attention after 13 h and at most 120 reads, and is not sent again", async () => {
    await pass(CONFIRMATION_WINDOW_MS - MINUTE - elapsedMs, 15 * MINUTE);
    await expectAll(({ afterOutage }) => afterOutage);
    await pass(MINUTE, 10 * SECOND);
    await expectAll((one) => (lost.includes(one) ? "NEEDS_ATTENTION" : one.afterOutage));
    for (const one of lost) {
      const { reads } = await find(one);
      expect(reads).toBeGreaterThan(60);
      expect(reads).toBeLessThanOrEqual(120);
    }
    expect(reportsOf("NEEDS_ATTENTION").toSorted()).toEqual(
      (await Promise.all(lost.map(async (one) => (await find(one)).id))).toSorted(),
    );
  });

  test("what needs attention is read once an hour, blocks another key, and is settled once Delbank shows it", async () => {
    const readsBefore = await Promise.all(lost.map(async (one) => (await find(one)).reads));
    await pass(10.5 * HOUR, 10 * MINUTE);
    await expectAll((one) => (lost.includes(one) ? "NEEDS_ATTENTION" : one.afterOutage));
    const readsAfter = await Promise.all(lost.map(async (one) => (await find(one)).reads));
    for (const [index, reads] of readsAfter.entries()) expect(reads - Number(readsBefore[index])).toBe(10);

    const [shown, blocking] = lost as [Case, Case];
    const pressAgain = ({ recurrenceId }: Case) => {
      const [{ runner, monotonic }] = replicas as [(typeof replicas)[0]];
      const again = toRequest({ key: `${recurrenceId}-again`, recurrenceId });
      return runner.run({ ...again, deadline: createDeadline(monotonic, OPERATION_TIMEOUT_MS) });
    };
    expect(await pressAgain(blocking)).toMatchObject({ outcome: "busy", blockedBy: { id: (await find(blocking)).id } });

    // Delbank commits it in the end.
    await callers.handlers[KIND].perform(toRequest(shown).input as never, {
      ...{ idempotencyKey: "", attempt: 1, baseline: [] },
      deadline: createDeadline(
        monotonicClockFrom(() => 0),
        OPERATION_TIMEOUT_MS,
      ),
    });
    await pass(2 * HOUR, 10 * MINUTE);
    expect(await find(shown)).toMatchObject({ status: "SUCCEEDED", attempts: 1 });
    expect(reportsOf("SUCCEEDED").filter((id, index, all) => all.indexOf(id) !== index)).toEqual([]);
    expect(await pressAgain(shown)).toMatchObject({ operation: { failure: { code: "ALREADY_CANCELLED" } } });
    const count = await countAtDelbank();
    expect(count(blocking)).toMatchObject({ posts: blocking.sent, commits: 0 });
  });
});
