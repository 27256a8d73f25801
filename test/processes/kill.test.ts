import { type Databases, startDatabases } from "../kit/start/databases";
import { DEBUGGABLE_ENV } from "../kit/start/debugger";
import { waitFor } from "../kit/wait-for";
import { setBreakpoint, type CodeLocation } from "./breakpoint";
import {
  CANCEL_PIX,
  CHANGE_OFFER,
  createReplicaCluster,
  type Dialect,
  DIALECTS,
  IDEMPOTENCY_KEY,
  MARK_SENT,
  MEMBER,
  type Mutation,
  REQUEST_CANCELLATION,
  sendMutation,
  countMutationRequests,
  SETTLE,
  TO_OPERATION,
  type ReplicaCluster,
  CHANGE_OFFER_CALL,
} from "./replica-cluster";
import { RECURRENCE_ID } from "../kit/seeds/ids";

jest.setTimeout(180_000);

/** Where the process stands when it is killed: at a place in its code, or waiting for an answer that a fault keeps back. */
type Stop =
  | { readonly at: CodeLocation }
  | { readonly waitingFor: { readonly method: string; readonly path: string }; readonly fault: string };

interface Case {
  readonly step: string;
  readonly mutation: Mutation;
  readonly stop: Stop;
  /** What the row holds when the process is dead: how many attempts were written down, and whether it is settled. */
  readonly dead: { readonly attempts: number; readonly status: "PENDING" | "SUCCEEDED" };
  /** Effects at the provider when the process is dead. */
  readonly committed: 0 | 1;
  /** Where it ends after a restart, with how many requests of the mutation at the provider, from both lives together. */
  readonly end: { readonly status: "SUCCEEDED" | "NEEDS_ATTENTION"; readonly commits: 0 | 1; readonly sent: number };
}

const pending = (attempts: number) => ({ attempts, status: "PENDING" }) as const;
const succeeded = (sent: number) => ({ status: "SUCCEEDED", commits: 1, sent }) as const;
const unknown = (sent: number) => ({ status: "NEEDS_ATTENTION", commits: 0, sent }) as const;
const token = { method: "POST", path: "/oauth2/token" };
const write = { method: "POST", path: CHANGE_OFFER.path };
const read = { method: "GET", path: CANCEL_PIX.path.replace("/cancellations", "") };
const post = { method: "POST", path: CANCEL_PIX.path };

// prettier-ignore
const CASES: readonly Case[] = [
  { mutation: CHANGE_OFFER, step: "claimed, not sent", stop: { at: MARK_SENT }, dead: pending(0), committed: 0, end: succeeded(1) },
  { mutation: CHANGE_OFFER, step: "sent_at written, not a byte has left", stop: { at: CHANGE_OFFER_CALL }, dead: pending(1), committed: 0, end: succeeded(1) },
  { mutation: CHANGE_OFFER, step: "sent_at written, waiting for a first token", stop: { waitingFor: token, fault: "hangBeforeCommit" }, dead: pending(1), committed: 0, end: succeeded(1) },
  { mutation: CHANGE_OFFER, step: "sent, nothing at the provider", stop: { waitingFor: write, fault: "hangBeforeCommit" }, dead: pending(1), committed: 0, end: succeeded(2) },
  { mutation: CHANGE_OFFER, step: "committed, no answer yet", stop: { waitingFor: write, fault: "hangAfterCommit" }, dead: pending(1), committed: 1, end: succeeded(2) },
  { mutation: CHANGE_OFFER, step: "answered, not settled", stop: { at: SETTLE }, dead: pending(1), committed: 1, end: succeeded(2) },
  { mutation: CHANGE_OFFER, step: "settled, caller not told", stop: { at: TO_OPERATION }, dead: { attempts: 1, status: "SUCCEEDED" }, committed: 1, end: succeeded(1) },
  { mutation: CANCEL_PIX, step: "claimed, authorization being read", stop: { waitingFor: read, fault: "hangBeforeCommit" }, dead: pending(0), committed: 0, end: succeeded(1) },
  { mutation: CANCEL_PIX, step: "claimed and read, not sent", stop: { at: MARK_SENT }, dead: pending(0), committed: 0, end: succeeded(1) },
  { mutation: CANCEL_PIX, step: "sent_at written, not a byte has left", stop: { at: REQUEST_CANCELLATION }, dead: pending(1), committed: 0, end: unknown(0) },
  { mutation: CANCEL_PIX, step: "sent, nothing at the provider", stop: { waitingFor: post, fault: "hangBeforeCommit" }, dead: pending(1), committed: 0, end: unknown(1) },
  { mutation: CANCEL_PIX, step: "committed, no answer yet", stop: { waitingFor: post, fault: "hangAfterCommit" }, dead: pending(1), committed: 1, end: succeeded(1) },
  { mutation: CANCEL_PIX, step: "answered, not settled", stop: { at: SETTLE }, dead: pending(1), committed: 1, end: succeeded(1) },
  { mutation: CANCEL_PIX, step: "settled, caller not told", stop: { at: TO_OPERATION }, dead: { attempts: 1, status: "SUCCEEDED" }, committed: 1, end: succeeded(1) },
];

/** Every case waits for leases to run out: several at a time, each in a world of its own. */
const AT_A_TIME = 5;

let databases: Databases;
const queue = DIALECTS.flatMap((dialect) =>
  CASES.map((one) => ({ one, dialect, ...Promise.withResolvers<unknown>() })),
);
const table: string[] = [];

async function workOff(waiting: typeof queue): Promise<void> {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const run = runCase(next.one, next.dialect);
    next.resolve(run);
    await run.catch(() => undefined); // its own test fails
  }
}

let work: Promise<unknown> = Promise.resolve();

beforeAll(async () => {
  databases = await startDatabases();
  for (const { promise } of queue) promise.catch(() => undefined); // each test looks at its own
  const waiting = [...queue];
  work = Promise.all(Array.from({ length: AT_A_TIME }, () => workOff(waiting)));
}, 60_000);

afterAll(async () => {
  await work;
  await databases.stop();
  process.stdout.write(`\nkill -9, then a restart:\n${table.sort().join("\n")}\n`);
});

/** Sends the mutation and kills the process at the step. */
async function killAt(world: ReplicaCluster, { mutation, stop }: Case): Promise<void> {
  if ("at" in stop) {
    const replica = await world.start(DEBUGGABLE_ENV);
    const breakpoint = await setBreakpoint(replica, stop.at);
    const answer = sendMutation(replica, mutation).catch(() => "no answer");
    await breakpoint.waitUntilReached();
    await replica.kill();
    expect(await answer).toBe("no answer");
    return;
  }
  const provider = world[mutation.vendor];
  await provider.addFault({ match: stop.waitingFor, kind: stop.fault });
  const replica = await world.start();
  const answer = sendMutation(replica, mutation).catch(() => "no answer");
  const isThere = async () => {
    const requests = await provider.requests(stop.waitingFor.path);
    const isCommitted = (await world.commits(mutation.vendor)).length > 0;
    return (requests.length > 0 && isCommitted === stop.fault.includes("After")) || undefined;
  };
  await waitFor(isThere, 40_000); // two lanes of programs start here at once, on two cores
  await replica.kill();
  expect(await answer).toBe("no answer");
}

async function runCase(one: Case, dialect: Dialect): Promise<void> {
  const world = await createReplicaCluster(databases, dialect);
  try {
    const { mutation, end } = one;
    await killAt(world, one);
    const dead = await world.store.findByKey(MEMBER.sub, IDEMPOTENCY_KEY);
    expect(dead).toMatchObject(one.dead);
    expect(await world.commits(mutation.vendor)).toHaveLength(one.committed);

    const restartedAt = Date.now();
    // The window must not end while a slow machine restarts the program: only an outcome that is never found waits for its end.
    const isFound = end.status === "SUCCEEDED";
    const replica = await world.start(isFound ? { CONFIRMATION_WINDOW_MS: "600000" } : {});
    const settled = await waitFor(async () => {
      const query = "{ me { operations { edges { node { id status idempotencyKey } } } } }";
      const { data } = await replica.graphql(query, { claims: MEMBER });
      const [edge, ...others] = data.me.operations.edges as { node: { id: string; status: string } }[];
      expect(others).toEqual([]);
      return edge && !["PENDING", "UNCONFIRMED"].includes(edge.node.status) ? edge.node : undefined;
    }, 20_000);
    const convergedMs = Date.now() - restartedAt;
    expect(settled).toEqual({ id: dead?.id, status: end.status, idempotencyKey: IDEMPOTENCY_KEY });

    const commits = await world.commits(mutation.vendor);
    expect(commits).toHaveLength(end.commits);
    if (mutation === CHANGE_OFFER)
      expect(commits[0]).toMatchObject({ operation: "offers", idempotencyKey: settled.id });
    else expect(commits.every(({ subject }) => subject === RECURRENCE_ID)).toBe(true);
    expect(await countMutationRequests(world, mutation)).toBe(end.sent);

    // The same key says so too, and asks no provider.
    await Promise.all([world.avibra.clearRequests(), world.delbank.clearRequests()]);
    const again = await sendMutation(replica, mutation);
    expect(again.data.payload).toMatchObject({ operation: { id: settled.id, status: end.status }, userErrors: [] });
    const { data } = await replica.graphql("query ($id: ID!) { operation(id: $id) { status } }", {
      variables: { id: settled.id },
      claims: MEMBER,
    });
    expect(data.operation.status).toBe(end.status);
    expect([...(await world.avibra.requests()), ...(await world.delbank.requests())]).toEqual([]);
    const row = await world.store.findByKey(MEMBER.sub, IDEMPOTENCY_KEY);
    expect(row?.encryptedInput === null).toBe(end.status === "SUCCEEDED");
    expect(await replica.stop()).toBe(0);
    table.push(
      `  ${mutation.name.padEnd(30)} ${dialect.padEnd(8)} ${one.step.padEnd(44)} ${end.status.padEnd(15)} ` +
        `commits ${commits.length}  sent ${end.sent}  after ${(convergedMs / 1000).toFixed(1)} s`,
    );
  } finally {
    await world.stop();
  }
}

describe.each(DIALECTS)("killed with kill -9 on %s, the program restarted says the truth", (dialect) => {
  test.each(CASES.map((one) => [one.mutation.name, one.step, one] as const))("%s: %s", async (_name, _step, one) => {
    await queue.find((entry) => entry.one === one && entry.dialect === dialect)?.promise;
  });
});
