import { ONE_DIALECT } from "../kit/database/one-dialect";
import { DEBUGGABLE_ENV } from "../kit/start/debugger";
import { type RunningProgram } from "../kit/start/program";
import { waitFor } from "../kit/wait-for";
import { setBreakpoint, type CodeLocation } from "./breakpoint";
import {
  authorizationId,
  CANCELLATION_CALL,
  cancelPix,
  CREATE_USER_CALL,
  createUser,
  IDEMPOTENCY_KEY,
  MARK_SENT,
  type Mutation,
  sendMutation,
  SETTLE,
  TO_OPERATION,
} from "./mutations";
import { createReplicaCluster, PAST_LEASE_MS, PAST_WINDOW_MS, type ReplicaCluster } from "./replica-cluster";

jest.setTimeout(900_000); // `beforeAll` starts a dozen processes

/** Where the process is when it is killed: at a place in its code, or waiting for a response that a fault withholds. */
type Stop =
  | { readonly at: CodeLocation }
  | { readonly waitingFor: "token" | "read" | "write"; readonly fault: "hangBeforeCommit" | "hangAfterCommit" };

interface Row {
  readonly repeat: "keyed" | "once";
  readonly step: string;
  readonly stop: Stop;
  /** What the operation's row holds when the process is dead: how many attempts it counts, and whether it is settled. */
  readonly dead: { readonly attempts: number; readonly status: "PENDING" | "SUCCEEDED" };
  /** Effects at the provider when the process is dead. */
  readonly committed: 0 | 1;
  /** The outcome after a restart, with how many requests of the mutation at the provider, of both processes together. */
  readonly end: { readonly status: "SUCCEEDED" | "NEEDS_ATTENTION"; readonly commits: 0 | 1; readonly sent: number };
}

const pending = (attempts: number) => ({ attempts, status: "PENDING" }) as const;
const succeeded = (sent: number) => ({ status: "SUCCEEDED", commits: 1, sent }) as const;
const unknown = (sent: number) => ({ status: "NEEDS_ATTENTION", commits: 0, sent }) as const;

// prettier-ignore
const ROWS: readonly Row[] = [
  { repeat: "keyed", step: "claimed, not sent", stop: { at: MARK_SENT }, dead: pending(0), committed: 0, end: succeeded(1) },
  { repeat: "keyed", step: "sent_at written, no byte sent", stop: { at: CREATE_USER_CALL }, dead: pending(1), committed: 0, end: succeeded(1) },
  { repeat: "keyed", step: "sent_at written, waiting for the first token", stop: { waitingFor: "token", fault: "hangBeforeCommit" }, dead: pending(1), committed: 0, end: succeeded(1) },
  { repeat: "keyed", step: "sent, not committed by the provider", stop: { waitingFor: "write", fault: "hangBeforeCommit" }, dead: pending(1), committed: 0, end: succeeded(2) },
  { repeat: "keyed", step: "committed by the provider, no response yet", stop: { waitingFor: "write", fault: "hangAfterCommit" }, dead: pending(1), committed: 1, end: succeeded(2) },
  { repeat: "keyed", step: "response received, not settled", stop: { at: SETTLE }, dead: pending(1), committed: 1, end: succeeded(2) },
  { repeat: "keyed", step: "settled, caller not answered", stop: { at: TO_OPERATION }, dead: { attempts: 1, status: "SUCCEEDED" }, committed: 1, end: succeeded(1) },
  { repeat: "once", step: "claimed, reading the authorization", stop: { waitingFor: "read", fault: "hangBeforeCommit" }, dead: pending(0), committed: 0, end: succeeded(1) },
  { repeat: "once", step: "claimed, authorization read, not sent", stop: { at: MARK_SENT }, dead: pending(0), committed: 0, end: succeeded(1) },
  { repeat: "once", step: "sent_at written, no byte sent", stop: { at: CANCELLATION_CALL }, dead: pending(1), committed: 0, end: unknown(0) },
  { repeat: "once", step: "sent, not committed by the provider", stop: { waitingFor: "write", fault: "hangBeforeCommit" }, dead: pending(1), committed: 0, end: unknown(1) },
  { repeat: "once", step: "committed by the provider, no response yet", stop: { waitingFor: "write", fault: "hangAfterCommit" }, dead: pending(1), committed: 1, end: succeeded(1) },
  { repeat: "once", step: "response received, not settled", stop: { at: SETTLE }, dead: pending(1), committed: 1, end: succeeded(1) },
  { repeat: "once", step: "settled, caller not answered", stop: { at: TO_OPERATION }, dead: { attempts: 1, status: "SUCCEEDED" }, committed: 1, end: succeeded(1) },
];

/** Every row has its own member, and its own authorization: one restarted process finds all of them. */
const CASES = ROWS.map((row, index) => ({
  ...row,
  mutation:
    row.repeat === "keyed"
      ? createUser(`member-${index + 1}`)
      : cancelPix(authorizationId(index + 1), `member-${index + 1}`),
}));
type Case = (typeof CASES)[number];
const SETTLED = ["SUCCEEDED", "FAILED", "NEEDS_ATTENTION"];
/** Processes that are started at the same time. */
const CONCURRENT_STARTS = 3;

const queryOperation = (replica: RunningProgram, { claims }: Mutation, id: string) =>
  replica.graphql("query ($id: ID!) { operation(id: $id) { status } }", { variables: { id }, claims });

/** Sends the mutation; resolves when its process waits for the response that the fault withholds. */
async function sendAndHang(cluster: ReplicaCluster, replica: RunningProgram, { mutation, stop }: Case) {
  if ("at" in stop) throw new Error("no response is withheld at a place in the code");
  const provider = cluster[mutation.vendor];
  const withheld = {
    token: { method: "POST", path: "/oauth2/token" },
    read: { method: "GET", path: mutation.path.replace("/cancellations", "") },
    write: { method: "POST", path: mutation.path },
  }[stop.waitingFor];
  const countWithheld = async () =>
    (await provider.requests(withheld.path)).filter(({ method }) => method === withheld.method).length;
  const before = await countWithheld();
  await provider.addFault({ match: withheld, kind: stop.fault });
  const response = sendMutation(replica, mutation).catch(() => "no response");
  await waitFor(async () => ((await countWithheld()) > before ? true : undefined));
  if (stop.fault === "hangAfterCommit") await waitFor(async () => (await cluster.commits(mutation))[0]);
  return { response };
}

/** Kills one process in the middle of all these mutations: a withheld response stops only its own. */
async function killWaiting(cluster: ReplicaCluster, cases: readonly Case[]): Promise<void> {
  const replica = await cluster.start();
  const sent = [];
  for (const one of cases) sent.push(await sendAndHang(cluster, replica, one));
  await replica.kill();
  for (const { response } of sent) expect(await response).toBe("no response");
}

async function killAt(cluster: ReplicaCluster, { mutation }: Case, place: CodeLocation): Promise<void> {
  const replica = await cluster.start(DEBUGGABLE_ENV);
  const breakpoint = await setBreakpoint(replica, place);
  const response = sendMutation(replica, mutation).catch(() => "no response");
  await breakpoint.waitUntilReached();
  await replica.kill();
  expect(await response).toBe("no response");
}

/** Kills a process for each place in the code, one for the first token and one for all other withheld responses. */
async function killAll(cluster: ReplicaCluster): Promise<Map<Case, Promise<void>>> {
  const killed = new Map<Case, Promise<void>>();
  const waiting = Map.groupBy(CASES, ({ stop }) =>
    "at" in stop ? "place" : stop.waitingFor === "token" ? "token" : "response",
  );
  // Before all others: a fault is for the first request that matches.
  for (const cases of [waiting.get("response") ?? [], waiting.get("token") ?? []]) {
    const isKilled = killWaiting(cluster, cases);
    for (const one of cases) killed.set(one, isKilled);
    await isKilled.catch(() => undefined); // the tests of its cases fail
  }
  const queue = [...(waiting.get("place") ?? [])];
  async function killNext(): Promise<void> {
    for (let one = queue.shift(); one; one = queue.shift()) {
      if (!("at" in one.stop)) throw new Error("a withheld response is not a place in the code");
      const isKilled = killAt(cluster, one, one.stop.at);
      killed.set(one, isKilled);
      await isKilled.catch(() => undefined);
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT_STARTS }, () => killNext()));
  return killed;
}

/** What a client reads when it looks for its operation, which is settled by then. */
async function readSettled(replica: RunningProgram, { mutation: { claims } }: Case) {
  return waitFor(async () => {
    const query = "{ me { operations { edges { node { id status idempotencyKey } } } } }";
    const { data } = await replica.graphql(query, { claims });
    const operations = data.me.operations.edges as { node: { id: string; status: string } }[];
    return operations.every(({ node }) => SETTLED.includes(node.status)) ? operations : undefined;
  });
}

describe.each(ONE_DIALECT)("kill -9 on %s, then a restart", (dialect) => {
  let cluster: ReplicaCluster;
  let restarted: RunningProgram;
  let killed = new Map<Case, Promise<void>>();
  const dead = new Map<Case, { operation: Awaited<ReturnType<ReplicaCluster["find"]>>; committed: number }>();
  const settled = new Map<Case, Awaited<ReturnType<typeof readSettled>>>();

  beforeAll(async () => {
    cluster = await createReplicaCluster(dialect, { authorizations: CASES.length });
    killed = await killAll(cluster);
    for (const one of CASES) {
      const { length: committed } = await cluster.commits(one.mutation);
      dead.set(one, { operation: await cluster.find(one.mutation), committed });
    }
    await cluster.passTime(PAST_LEASE_MS);
    for (const { end, mutation } of CASES) {
      if (end.status === "NEEDS_ATTENTION") await cluster.passTime(PAST_WINDOW_MS, { principal: mutation.claims.sub });
    }
    restarted = await cluster.start();
    await Promise.all(CASES.map(async (one) => settled.set(one, await readSettled(restarted, one))));
  });
  afterAll(() => cluster.stop());

  test.each(CASES)(
    "a $repeat mutation, killed when $step, ends as $end.status with at most one effect",
    async (one) => {
      await killed.get(one);
      const { mutation, end } = one;
      const before = dead.get(one);
      expect(before).toMatchObject({ operation: one.dead, committed: one.committed });
      const id = before?.operation?.id;
      expect(settled.get(one)).toEqual([{ node: { id, status: end.status, idempotencyKey: IDEMPOTENCY_KEY } }]);

      const commits = await cluster.commits(mutation);
      expect(commits).toHaveLength(end.commits);
      if (one.repeat === "keyed") expect(commits).toMatchObject([{ operation: "create", idempotencyKey: id }]);
      expect(await cluster.countRequests(mutation)).toBe(end.sent);
      const stored = await cluster.find(mutation);
      expect(stored?.encryptedInput === null).toBe(end.status === "SUCCEEDED");
    },
  );

  test.each(CASES)(
    "$repeat mutation, killed when $step: its key returns the outcome without a request",
    async (one) => {
      await killed.get(one);
      const { mutation, end } = one;
      const id = dead.get(one)?.operation?.id ?? "";
      await Promise.all([cluster.avibra.clearRequests(), cluster.delbank.clearRequests()]);
      const { data } = await sendMutation(restarted, mutation);
      expect(data.payload).toMatchObject({ operation: { id, status: end.status }, userErrors: [] });
      expect((await queryOperation(restarted, mutation, id)).data.operation.status).toBe(end.status);
      expect([...(await cluster.avibra.requests()), ...(await cluster.delbank.requests())]).toEqual([]);
    },
  );

  test("the restarted program exits with 0 on SIGTERM", async () => {
    expect(await restarted.stop()).toBe(0);
  });
});
