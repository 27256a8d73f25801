import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { ONE_DIALECT } from "../kit/database/one-dialect";
import { decideAs } from "../kit/operations/operator-commands";
import { waitForGauge } from "../kit/http/metrics";
import { type RunningProgram } from "../kit/start/program";
import { connectAs } from "../kit/subscriptions/websocket";
import { STAFF_CLAIMS } from "../kit/tokens/claims";
import { waitFor } from "../kit/wait-for";
import { authorizationId, cancelPix, sendMutation } from "./mutations";
import { createReplicaCluster, PAST_WINDOW_MS, type ReplicaCluster } from "./replica-cluster";

jest.setTimeout(600_000);

const OPEN_SUBSCRIPTIONS = "benefits_pix_subscriptions_open";
const SETTLED = "subscription($id: ID!) { operationSettled(id: $id) { id status failure { message } } }";
/** Subscribers also poll every 30 s. These replicas never do, so that only the message of the command reaches them. */
const WITHOUT_POLLS = `--import=data:text/javascript,${encodeURIComponent(
  "const original = setTimeout; globalThis.setTimeout = (f, ms, ...args) => original(f, ms === 30000 ? 2147483647 : ms, ...args);",
)}`;

interface CommandOutput {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const REPLICAS = { sqlite: 1, postgres: 3 };

describe.each(ONE_DIALECT)("the journey of an operator on %s", (dialect) => {
  let cluster: ReplicaCluster;
  let replicas: readonly RunningProgram[];
  beforeAll(async () => {
    const environment = { READ_CACHE_MS: "600000", NODE_OPTIONS: WITHOUT_POLLS };
    cluster = await createReplicaCluster(dialect, { authorizations: 2, environment });
    replicas = await Promise.all(Array.from({ length: REPLICAS[dialect] }, () => cluster.start()));
  });
  afterAll(() => cluster.stop());

  const commandLine = (args: readonly string[]) => ["dist/cli/operations.js", ...args];
  const options = () => ({ env: { PATH: process.env["PATH"], ...cluster.environment } });
  /** Runs the built command as an operator does, beside the replicas. */
  const operations = (...args: string[]): Promise<CommandOutput> =>
    new Promise((resolve) => {
      execFile(process.execPath, commandLine(args), options(), (error, stdout, stderr) => {
        resolve({ exitCode: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
      });
    });

  /** A cancellation that Delbank never received, after its window. */
  async function loseCancellation(number: number): Promise<{ readonly id: string; readonly recurrenceId: string }> {
    const [replica] = replicas as [RunningProgram];
    const recurrenceId = authorizationId(number);
    await cluster.delbank.addFault({ match: { method: "POST" }, kind: "resetBeforeCommit" });
    const { data } = await sendMutation(replica, cancelPix(recurrenceId), `press-${number}`);
    expect(data.payload.operation.status).toBe("UNCONFIRMED");
    await cluster.passTime(PAST_WINDOW_MS);
    const { id } = data.payload.operation as { readonly id: string };
    await waitFor(async () => ((await cluster.store.find(id))?.status === "NEEDS_ATTENTION" ? true : undefined));
    return { id, recurrenceId };
  }

  test("takes five commands from the alert to the settled operation; subscribers are told and cached reads dropped everywhere", async () => {
    const { id, recurrenceId } = await loseCancellation(1);
    const clients = await Promise.all(replicas.map((replica) => connectAs(replica)));
    for (const [index, client] of clients.entries()) {
      client.subscribe("1", SETTLED, { id });
      await client.waitForMessages(() => client.messagesFor("1")[0]); // it needs attention
      await waitForGauge(replicas[index] as RunningProgram, OPEN_SUBSCRIPTIONS, 1);
    }
    const countReads = async () =>
      (await cluster.delbank.requests()).filter(({ method, path }) => method === "GET" && path.endsWith(recurrenceId))
        .length;
    const readAll = async () => {
      const query = `{ pixAuthorization(recurrenceId: "${recurrenceId}") { status } }`;
      const reads = await Promise.all(replicas.map((replica) => replica.graphql(query, { claims: STAFF_CLAIMS })));
      expect(reads.map(({ data }) => data.pixAuthorization)).toEqual(replicas.map(() => ({ status: "ACTIVE" })));
      return countReads();
    };
    await waitFor(async () => ((await readAll()) === (await readAll()) ? true : undefined)); // cached

    const list = await operations("list", "--status", "NEEDS_ATTENTION", "--json");
    const [found] = (JSON.parse(list.stdout) as { operations: { id: string }[] }).operations;
    expect(found?.id).toBe(id);
    expect(await operations("show", id)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("--as failed") });
    expect(await operations("recheck", id)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("It stays NEEDS_ATTENTION"),
    });
    expect(await operations("settle", id, ...decideAs("failed"))).toMatchObject({ exitCode: 0 });
    const story = await operations("show", id, "--offline");
    expect(story).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("settled as FAILED by Ana; reason:") });

    for (const client of clients) {
      const messages = await client.waitForCompletion("1");
      expect(messages.map(({ payload }) => payload?.data.operationSettled.status)).toEqual([
        "NEEDS_ATTENTION",
        "FAILED",
        undefined,
      ]);
      await client.close();
    }
    const before = await countReads();
    await waitFor(async () => ((await readAll()) >= before + replicas.length ? true : undefined));
    expect(await cluster.commits(cancelPix(recurrenceId))).toEqual([]);
  });

  test("goes on after a settle that was killed while it read the provider: the row is as before, and has no lease", async () => {
    const { id } = await loseCancellation(2);
    const before = await cluster.store.find(id);
    await cluster.delbank.clearRequests();
    await cluster.delbank.addFault({ match: { method: "GET" }, kind: "hangBeforeCommit" });
    const killed = spawn(process.execPath, commandLine(["settle", id, ...decideAs("failed")]), {
      ...options(),
      stdio: "ignore",
    });
    const exited = once(killed, "exit");
    await waitFor(async () => ((await cluster.delbank.requests()).length > 0 ? true : undefined));
    killed.kill("SIGKILL");
    await exited;
    await cluster.delbank.clearFaults();
    expect(await cluster.store.find(id)).toEqual(before);
    expect(await operations("settle", id, ...decideAs("failed"))).toMatchObject({ exitCode: 0 });
    expect(await cluster.store.find(id)).toMatchObject({ status: "FAILED" });
  });
});
