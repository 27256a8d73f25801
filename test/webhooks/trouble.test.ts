import { execFile } from "node:child_process";
import { request as httpRequest } from "node:http";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { parseSince } from "../../src/cli/parse-since";
import { createAddressCheck, isAddressRange } from "../../src/platform/auth/address-check";
import { Inbox } from "../../src/platform/inbox/inbox";
import { createEncryption } from "../../src/platform/kernel/encryption";
import { waitFor } from "../kit/wait-for";
import { readMetric } from "../kit/http/metrics";
import { expectClaimed, createClaim, openOperationStore, TEST_ENCRYPTION_KEY } from "../kit/operations/test-store";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { basicAuth, postWebhook, WEBHOOK_PASSWORD, WEBHOOK_USER } from "../kit/http/webhooks";
import { createTempDirectory } from "../kit/temp";

const run = promisify(execFile);
const running: TestSubgraph[] = [];
async function start(environment: Readonly<Record<string, string>> = {}): Promise<TestSubgraph> {
  const subgraph = await startSubgraph({ ...environment });
  running.push(subgraph);
  return subgraph;
}
afterEach(async () => {
  for (const subgraph of running.splice(0)) await subgraph.stop();
});

const kindsOf = async (subgraph: TestSubgraph, userId: string) => {
  const query = `{ user(id: "${userId}") { events { edges { node { providerKind } } } } }`;
  const { edges } = (await subgraph.graphql(query)).data.user.events;
  return edges.map(({ node }: { node: { providerKind: string } }) => node.providerKind) as string[];
};

/** A request whose body never ends. */
function hold(url: string): { readonly end: () => void } {
  const headers = {
    "content-type": "application/json",
    "content-length": "1000",
    authorization: basicAuth(WEBHOOK_USER, WEBHOOK_PASSWORD),
  };
  const request = httpRequest(`${url}/webhooks/avibra`, { method: "POST", headers, agent: false });
  request.on("error", () => undefined);
  request.write("{");
  return { end: () => request.destroy() };
}

test("a rush of events is refused with 503, and leaves GraphQL its room; GraphQL's rush leaves theirs", async () => {
  const subgraph = await start({ LIMIT_CONCURRENT_WEBHOOKS: "2", LIMIT_CONCURRENT_REQUESTS: "1" });
  // Bodies that do not arrive take no room: neither from other events nor from GraphQL.
  const held = Array.from({ length: 4 }, () => hold(subgraph.url));
  await waitFor(async () =>
    Object.values(await readMetric(subgraph, "benefits_pix_http_requests_in_flight")).some((value) => value === 5)
      ? true
      : undefined,
  );
  const refused = await waitFor(async () => {
    const send = (_: unknown, index: number) => postWebhook(subgraph.url, { eventname: "x", userid: `m-${index}` });
    const answers = await Promise.all(Array.from({ length: 20 }, send));
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    return answers.find(({ status }) => status === 503);
  });
  expect(refused.headers.get("retry-after")).toBe("1");
  expect((await subgraph.graphql("{ me { id } }")).data).toEqual({ me: { id: "u-1001" } });
  for (const one of held) one.end();

  const post = () => postWebhook(subgraph.url, { eventname: "y", userid: "m-1" });
  await waitFor(async () => ((await post()).status === 200 ? true : undefined)); // those that were held have gone
  await subgraph.avibra.addFault({ match: { path: "/user/benefits" }, kind: "hangBeforeCommit" });
  let isSlow = true;
  const slow = subgraph.graphql("{ me { benefits { id } } }").finally(() => (isSlow = false));
  await waitFor(async () => ((await subgraph.avibra.requests("/user/benefits")).length > 0 ? true : undefined));
  expect((await subgraph.graphql("{ me { id } }").catch(() => ({ errors: [] }))).errors).toBeDefined(); // it is full
  const { status } = await post();
  expect({ status, isSlow }).toEqual({ status: 200, isSlow: true });
  await subgraph.avibra.reset(); // ends the read that hangs
  await slow;
});

test("without the database: 503 with Retry-After, and nothing that was acknowledged is lost", async () => {
  const { path: folder, remove: removeFolder } = createTempDirectory("webhooks");
  const file = join(folder, "test.db");
  const subgraph = await start({ DATABASE_URL: `sqlite:${file}` });
  expect((await postWebhook(subgraph.url, { eventname: "kept", userid: "m-1" })).status).toBe(200);
  const move = (from: string, to: string) =>
    Promise.all(["", "-wal", "-shm"].map((end) => rename(`${from}${end}`, `${to}${end}`)));
  await move(file, `${file}-gone`);
  const refused = await postWebhook(subgraph.url, { eventname: "refused", userid: "m-1" });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: "UNAVAILABLE", retryable: true } }] });
  await move(`${file}-gone`, file);
  expect((await postWebhook(subgraph.url, { eventname: "refused", userid: "m-1" })).status).toBe(200);
  expect(await kindsOf(subgraph, "m-1")).toEqual(["refused", "kept"]);
  removeFolder();
});

describe("where events may come from", () => {
  test("an address that is not listed is refused with 403, whatever its headers claim", async () => {
    const subgraph = await start({ AVIBRA_WEBHOOK_ADDRESSES: "192.0.2.7,198.51.100.0/24" });
    const answer = await postWebhook(
      subgraph.url,
      { eventname: "x", userid: "m-1" },
      { headers: { "x-forwarded-for": "192.0.2.7", forwarded: "for=192.0.2.7" } },
    );
    expect(answer.status).toBe(403);
    expect(await kindsOf(subgraph, "m-1")).toEqual([]);
  });

  test("one that is listed is taken", async () => {
    const subgraph = await start({ AVIBRA_WEBHOOK_ADDRESSES: "127.0.0.0/8" });
    expect((await postWebhook(subgraph.url, { eventname: "x", userid: "m-1" })).status).toBe(200);
  });

  test.each([
    ["192.0.2.7", "192.0.2.7", true],
    ["192.0.2.7", "192.0.2.8", false],
    ["192.0.2.0/24", "192.0.2.255", true],
    ["192.0.2.0/24", "192.0.3.0", false],
    ["192.0.2.0/24", "::ffff:192.0.2.9", true],
    ["192.0.2.0/24", "::ffff:192.0.3.9", false],
    ["2001:db8::/32", "2001:db8:1::1", true],
    ["2001:db8::/32", "2001:db9::1", false],
    ["2001:db8::1", "2001:db8::1", true],
    ["0.0.0.0/0", "203.0.113.1", true],
    ["192.0.2.7", "not an address", false],
  ])("%s lets %s in: %s", (range, address, isKnown) => {
    expect(createAddressCheck([range])(address)).toBe(isKnown);
  });

  test("no list lets everybody in; a list never a connection without an address", () => {
    expect(createAddressCheck([])(undefined)).toBe(true);
    expect(createAddressCheck(["192.0.2.7"])(undefined)).toBe(false);
  });

  test.each([
    ["192.0.2.7", true],
    ["192.0.2.0/24", true],
    ["::1/128", true],
    ["192.0.2.0/33", false],
    ["::1/129", false],
    ["192.0.2.0/", false],
    ["192.0.2.0/24/1", false],
    ["192.0.2", false],
    ["example.com", false],
  ])("%s is a range: %s", (text, isRange) => {
    expect(isAddressRange(text)).toBe(isRange);
  });
});

describe("npm run webhooks:replay", () => {
  test("gives stored events their effects once more, says how many, and changes nothing else", async () => {
    const { path: folder, remove: removeFolder } = createTempDirectory("webhooks");
    const environment = { DATABASE_URL: `sqlite:${join(folder, "test.db")}`, LEDGER_KEY: TEST_ENCRYPTION_KEY };
    const subgraph = await start({ ...environment, RECONCILE_INTERVAL_MS: "600000" });
    for (const n of [1, 2, 3]) await postWebhook(subgraph.url, { eventname: `e${n}`, userid: "m-1" });
    const replay = async (...args: string[]) => {
      const { stdout } = await run(process.execPath, ["dist/cli/webhooks-replay.js", ...args], {
        env: { PATH: process.env["PATH"], DATA_DIRECTORY: folder, LOG_LEVEL: "warn", ...environment },
      });
      return JSON.parse(stdout) as unknown;
    };
    const at = Date.now();
    const proof = {
      eventname: "enrollment_request_received",
      userid: "m-1",
      eventtimestamp: new Date(at).toISOString(),
    };
    await postWebhook(subgraph.url, proof);
    // An operation that the event would have settled, had it been known when the event came.
    const { store, database } = openOperationStore(environment.DATABASE_URL);
    const inbox = new Inbox(database, createEncryption(TEST_ENCRYPTION_KEY));
    await waitFor(async () => ((await inbox.countDue(0)) === 0 ? true : undefined));
    const claim = createClaim({ kind: "PREFILL_USER", userId: "m-1", input: { userId: "m-1" }, now: at });
    const { operation, lease } = expectClaimed(await store.claim(claim));
    await store.markSent(operation, lease, at);
    await store.markUnconfirmed(operation.id, lease, { nextAttemptAt: at + 3_600_000, now: at });
    const before = await kindsOf(subgraph, "m-1");
    expect(await replay("--since", "2020-01-01T00:00:00Z")).toEqual({ stored: 4, processedHere: 4, stillDue: 0 });
    const settled = await store.find(operation.id);
    expect(settled).toMatchObject({ status: "SUCCEEDED" });
    expect(await replay("--since", "2020-01-01T00:00:00Z")).toEqual({ stored: 4, processedHere: 4, stillDue: 0 });
    expect(await store.find(operation.id)).toEqual(settled);
    await database.close();
    expect(await replay("--since", "2999-01-01T00:00:00Z")).toEqual({ stored: 0, processedHere: 0, stillDue: 0 });
    expect(await kindsOf(subgraph, "m-1")).toEqual(before);
    await expect(replay("--since")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("--since <ISO 8601"),
    });
    removeFolder();
  });

  test.each([
    [[]],
    [["--since"]],
    [["--since", "yesterday"]],
    [["--since", "2026-02-31T00:00:00Z"]],
    [["2020-01-01T00:00:00Z"]],
    [["--since", "2020-01-01T00:00:00Z", "--dry-run"]],
  ])("with the arguments %j throws its usage", (args) => {
    expect(() => parseSince(args)).toThrow("--since <ISO 8601");
  });
});
