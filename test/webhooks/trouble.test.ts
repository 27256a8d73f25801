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
import { MEMBER_ID } from "../kit/seeds/ids";
import { type TestSubgraph } from "../kit/start/subgraph";
import { createSubgraphs } from "../kit/start/subgraphs";
import { basicAuth, postWebhook, WEBHOOK_PASSWORD, WEBHOOK_USER } from "../kit/http/webhooks";
import { startTcpSwitch } from "../kit/network/tcp-switch";
import { createTempDirectory } from "../kit/temp";

const run = promisify(execFile);
const { start, stopAll } = createSubgraphs();
afterEach(stopAll);

const kindsOf = async (subgraph: TestSubgraph, userId: string) => {
  const query = `{ user(id: "${userId}") { events { edges { node { providerKind } } } } }`;
  const { edges } = (await subgraph.graphql(query)).data.user.events;
  return edges.map(({ node }: { node: { providerKind: string } }) => node.providerKind) as string[];
};

/** Opens a request whose body never ends. */
function openRequest(url: string): { readonly end: () => void } {
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

test("events over LIMIT_CONCURRENT_WEBHOOKS are rejected with 503; GraphQL has its own limit", async () => {
  const avibra = await startTcpSwitch();
  const limits = { LIMIT_CONCURRENT_WEBHOOKS: "2", LIMIT_CONCURRENT_REQUESTS: "1" };
  const subgraph = await start({ ...limits, AVIBRA_BASE_URL: avibra.url });
  avibra.setTarget(subgraph.avibra.url);
  // A request whose body has not arrived does not count toward either limit.
  const unfinished = Array.from({ length: 4 }, () => openRequest(subgraph.url));
  await waitFor(async () =>
    Object.values(await readMetric(subgraph, "benefits_pix_http_requests_in_flight")).some((value) => value === 5)
      ? true
      : undefined,
  );
  const rejected = await waitFor(async () => {
    const send = (_: unknown, index: number) => postWebhook(subgraph.url, { eventname: "x", userid: `m-${index}` });
    const responses = await Promise.all(Array.from({ length: 20 }, send));
    expect(responses.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    return responses.find(({ status }) => status === 503);
  });
  expect(rejected.headers.get("retry-after")).toBe("1");
  expect((await subgraph.graphql("{ me { id } }")).data).toEqual({ me: { id: MEMBER_ID } });
  for (const one of unfinished) one.end();

  const post = () => postWebhook(subgraph.url, { eventname: "y", userid: "m-1" });
  await waitFor(async () => ((await post()).status === 200 ? true : undefined)); // the unfinished requests have ended
  const read = () => subgraph.graphql("{ me { benefits { id } } }");
  expect((await read()).errors).toBeUndefined();
  avibra.hold();
  await subgraph.avibra.clearRequests();
  let isSlow = true;
  const slow = read().finally(() => (isSlow = false));
  await waitFor(async () => ((await subgraph.avibra.requests("/user/benefits")).length > 0 ? true : undefined));
  expect((await subgraph.graphql("{ me { id } }").catch(() => ({ errors: [] }))).errors).toBeDefined(); // the limit is reached
  const { status } = await post();
  expect({ status, isSlow }).toEqual({ status: 200, isSlow: true });
  avibra.release();
  expect((await slow).errors).toBeUndefined();
  await avibra.close();
});

test("without the database, an event is rejected with 503 and Retry-After, and no acknowledged event is lost", async () => {
  const { path: folder, remove: removeFolder } = createTempDirectory("webhooks");
  const file = join(folder, "test.db");
  const subgraph = await start({ DATABASE_URL: `sqlite:${file}` });
  expect((await postWebhook(subgraph.url, { eventname: "first", userid: "m-1" })).status).toBe(200);
  const move = (from: string, to: string) =>
    Promise.all(["", "-wal", "-shm"].map((end) => rename(`${from}${end}`, `${to}${end}`)));
  await move(file, `${file}-gone`);
  const rejected = await postWebhook(subgraph.url, { eventname: "second", userid: "m-1" });
  expect([rejected.status, rejected.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(await rejected.json()).toMatchObject({ errors: [{ extensions: { code: "UNAVAILABLE", retryable: true } }] });
  await move(`${file}-gone`, file);
  expect((await postWebhook(subgraph.url, { eventname: "second", userid: "m-1" })).status).toBe(200);
  expect(await kindsOf(subgraph, "m-1")).toEqual(["second", "first"]);
  removeFolder();
});

describe("AVIBRA_WEBHOOK_ADDRESSES", () => {
  test("rejects an address that it does not list with 403, whatever the headers claim", async () => {
    const subgraph = await start({ AVIBRA_WEBHOOK_ADDRESSES: "192.0.2.7,198.51.100.0/24" });
    const response = await postWebhook(
      subgraph.url,
      { eventname: "x", userid: "m-1" },
      { headers: { "x-forwarded-for": "192.0.2.7", forwarded: "for=192.0.2.7" } },
    );
    expect(response.status).toBe(403);
    expect(await kindsOf(subgraph, "m-1")).toEqual([]);
  });

  test("accepts an address that it lists", async () => {
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
  ])("with %s accepts %s: %s", (range, address, isKnown) => {
    expect(createAddressCheck([range])(address)).toBe(isKnown);
  });

  test("accepts a connection without an address only if it is empty", () => {
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
  ])("may contain %s: %s", (text, isRange) => {
    expect(isAddressRange(text)).toBe(isRange);
  });
});

describe("npm run webhooks:replay", () => {
  test("repeats the effects of stored events, prints how many, and changes nothing else", async () => {
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
    const confirmation = {
      eventname: "enrollment_request_received",
      userid: "m-1",
      eventtimestamp: new Date(at).toISOString(),
    };
    await postWebhook(subgraph.url, confirmation);
    // The event arrived before this operation, which it confirms, existed.
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
  ])("throws its usage if the arguments are %j", (args) => {
    expect(() => parseSince(args)).toThrow("--since <ISO 8601");
  });
});
