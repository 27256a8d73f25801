import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Sandboxes, startSandboxes } from "../../src/sandbox/index";
import { createAvibra } from "../../src/sandbox/avibra/avibra";
import { avibraCredentials } from "../../src/sandbox/avibra/credentials";
import { IdempotencyStore } from "../../src/sandbox/avibra/idempotency-store";
import { Clock } from "../../src/sandbox/server/clock";
import { CANCELLED_RECURRENCE_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { createTempDirectory } from "../kit/temp";
import { AvibraClient, DelbankClient } from "./vendor-clients";

const directory = createTempDirectory("sandbox-state");
const DAY_MS = 86_400_000;
const running: Sandboxes[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((sandboxes) => sandboxes.close()));
});
afterAll(directory.remove);

let sequence = 0;
const newFile = () => join(directory.path, `${(sequence += 1)}`, "store.db.sandbox.json");

/** Starts on other ports, so that the state of the last start is found as after a `kill -9`: nothing is written at the end. */
async function start(stateFile: string, onStateFailure?: (message: string) => void) {
  const sandboxes = await startSandboxes({ stateFile, ...(onStateFailure && { onStateFailure }) });
  running.push(sandboxes);
  const avibra = new AvibraClient(() => sandboxes.avibra.url);
  const delbank = new DelbankClient(() => sandboxes.delbank.url);
  await avibra.signIn();
  return { avibra, delbank };
}
interface StoredAuthorization {
  readonly recurrenceId: string;
  readonly situation: string;
  readonly createdAt: string;
}
type DelbankState = { readonly authorizations: readonly StoredAuthorization[] };
const ofDelbank = ({ authorizations }: DelbankState, id: string) =>
  authorizations.find(({ recurrenceId }) => recurrenceId === id);
const situationsOf = ({ authorizations }: DelbankState) =>
  authorizations.map(({ recurrenceId, situation }) => [recurrenceId, situation]);
const readVendors = (file: string) =>
  (
    JSON.parse(readFileSync(file, "utf8")) as {
      vendors: { avibra: { accounts: object[] }; delbank: { changed: object[] } };
    }
  ).vendors;

test("the state file does not exist before the first change, and then only its user may read it", async () => {
  const file = newFile();
  const { avibra, delbank } = await start(file);
  await delbank.get(`/baas/api/v1/automatic-pix/authorizations/${RECURRENCE_ID}`);
  await avibra.benefits("u-1001");
  expect(existsSync(file)).toBe(false);
  await delbank.cancel(RECURRENCE_ID);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("a restart with the same state file finds cancellations, accounts, used keys and the clock", async () => {
  const file = newFile();
  const first = await start(file);
  await first.delbank.control.clock({ advanceMs: DAY_MS });
  await first.delbank.cancel(RECURRENCE_ID);
  expect((await first.avibra.create("m-1", "key-1")).status).toBe(200);
  const before = await first.delbank.control.state<DelbankState>();

  const second = await start(file);
  const after = await second.delbank.control.state<DelbankState>();
  expect(ofDelbank(after, RECURRENCE_ID)).toEqual(ofDelbank(before, RECURRENCE_ID));
  expect(situationsOf(after)).toEqual(situationsOf(before));
  expect(after.commits).toMatchObject([{ operation: "cancel", subject: RECURRENCE_ID }]);
  expect(Date.parse(after.now) - Date.parse(before.now)).toBeLessThan(DAY_MS);
  expect(Date.parse(after.now)).toBeGreaterThan(Date.parse(before.now) - 60_000);
  expect((await second.avibra.create("m-1", "key-1")).status).toBe(200);
  expect((await second.avibra.control.state()).commits).toHaveLength(1);
  expect((await second.avibra.create("m-1", "key-2")).status).toBe(409);
});

test("an effect whose response is lost is in the state file when the client sees the loss", async () => {
  const file = newFile();
  const first = await start(file);
  await first.delbank.control.fault({ match: { method: "POST" }, kind: "resetAfterCommit" });
  await expect(first.delbank.cancel(RECURRENCE_ID)).rejects.toThrow();
  const { authorizations } = await (await start(file)).delbank.control.state<DelbankState>();
  expect(authorizations.find(({ recurrenceId }) => recurrenceId === RECURRENCE_ID)?.situation).toBe("CANCELLED");
});

test("a restart with the same state file has no faults and an empty request log", async () => {
  const file = newFile();
  const first = await start(file);
  await first.delbank.cancel(RECURRENCE_ID);
  await first.delbank.control.fault({ kind: "hangAfterCommit", times: 9 });
  const second = await start(file);
  expect((await second.delbank.control.call("faults")).json).toEqual([]);
  expect(await second.delbank.control.requests()).toEqual([]);
});

test("the state file contains only the members and authorizations that changed, also after a restart", async () => {
  const file = newFile();
  const first = await start(file);
  await first.avibra.create("m-1", "key");
  await first.delbank.cancel(RECURRENCE_ID);
  const second = await start(file);
  await second.avibra.create("m-2", "key-2");
  await second.delbank.control.call("counterpart", { method: "POST", body: { recurrenceId: CANCELLED_RECURRENCE_ID } });
  expect(readVendors(file)).toMatchObject({
    avibra: { accounts: [{ userId: "m-1" }, { userId: "m-2" }] },
    delbank: { changed: [{ recurrenceId: RECURRENCE_ID }, { recurrenceId: CANCELLED_RECURRENCE_ID }] },
  });
});

test("after a restart 40 days later, an authorization that changed is as before, and the pending one is of yesterday", async () => {
  const file = newFile();
  const first = await start(file);
  await first.delbank.cancel(RECURRENCE_ID);
  const before = await first.delbank.control.state<DelbankState>();
  await first.delbank.control.clock({ advanceMs: 40 * DAY_MS });
  const after = await (await start(file)).delbank.control.state<DelbankState>();
  expect(ofDelbank(after, RECURRENCE_ID)).toEqual(ofDelbank(before, RECURRENCE_ID));
  const pending = ofDelbank(after, "RN3822485720260110pending0001");
  const ageMs = Date.parse(after.now) - Date.parse(pending?.createdAt ?? "");
  expect(ageMs).toBeGreaterThan(0);
  expect(ageMs).toBeLessThan(2 * DAY_MS);
});

test("a state file of a release that stored every authorization is read, without its seeds of fixed dates", async () => {
  const file = newFile();
  mkdirSync(join(file, ".."));
  const created = { guid: "g", createdAt: "2026-01-10T12:00:00Z", situationAt: "2026-01-10T12:00:00Z" };
  const changed = {
    ...created,
    recurrenceId: RECURRENCE_ID,
    situation: "CANCELLED",
    situationAt: "2026-07-01T08:00:00.000Z",
    cancellations: [],
  };
  const authorizations = [
    changed,
    { ...created, recurrenceId: "RN3822485720260110pending0001", situation: "PENDING", cancellations: [] },
    {
      ...created,
      recurrenceId: CANCELLED_RECURRENCE_ID,
      situation: "CANCELLED",
      situationAt: "2024-09-17T10:10:06.101Z",
      cancellations: [],
    },
  ];
  const commits = [{ operation: "cancel", subject: RECURRENCE_ID, at: changed.situationAt }];
  const vendors = { delbank: { clockOffsetMs: 0, authorizations, commits } };
  writeFileSync(file, JSON.stringify({ version: 1, vendors }));
  const { delbank } = await start(file);
  const state = await delbank.control.state<DelbankState>();
  expect(ofDelbank(state, RECURRENCE_ID)).toEqual(changed);
  expect(state.commits).toEqual(commits);
  const others = state.authorizations.filter(({ recurrenceId }) => recurrenceId !== RECURRENCE_ID);
  expect(others).toHaveLength(5);
  expect(others.filter(({ createdAt }) => createdAt === created.createdAt)).toEqual([]);
  await delbank.control.call("counterpart", { method: "POST", body: { recurrenceId: RECURRENCE_ID } });
  expect(readVendors(file).delbank.changed).toMatchObject([{ recurrenceId: RECURRENCE_ID, situation: "ACTIVE" }]);
});

test("the newest 10,000 effects are stored, with every member that changed", () => {
  const clock = new Clock();
  const avibra = createAvibra(clock);
  const send = (path: string, body: string, headers: Readonly<Record<string, string>>) =>
    avibra.handle({ method: "POST", path: `/preprod${path}`, headers, body }) as { status: number; body: string };
  const { clientId, clientSecret, scope, apiKey } = avibraCredentials;
  const form = { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret, scope };
  const token = send("/oauth2/token", new URLSearchParams(form).toString(), {
    "content-type": "application/x-www-form-urlencoded",
  });
  const { access_token } = JSON.parse(token.body) as { access_token: string };
  const authorization = `Bearer ${access_token}`;
  const prefill = (userid: string) =>
    send("/user/prefill", JSON.stringify({ userid }), {
      authorization,
      "x-api-key": apiKey,
      version: "v1",
      "idempotency-key": "any",
    });
  expect(prefill("m-first").status).toBe(200);
  for (let count = 0; count < 10_000; count += 1) prefill("m-last");
  const { accounts, commits } = avibra.snapshot() as { accounts: object[]; commits: { subject: string }[] };
  expect(accounts).toMatchObject([{ userId: "m-first" }, { userId: "m-last" }]);
  expect(commits).toHaveLength(10_000);
  expect(new Set(commits.map(({ subject }) => subject))).toEqual(new Set(["m-last"]));
});

test("an idempotency key is forgotten after 24 hours, and no longer stored", () => {
  const clock = new Clock();
  const store = new IdempotencyStore(clock);
  store.set("create", "key-1", { status: 200, body: "" });
  clock.set(clock.nowMs() + DAY_MS);
  expect(store.get("create", "key-1")).toBeUndefined();
  store.set("create", "key-2", { status: 200, body: "" });
  clock.reset();
  expect(store.get("create", "key-1")).toBeUndefined();
});

test("a reset is in the state file: a restart finds the seeds", async () => {
  const file = newFile();
  const first = await start(file);
  await first.delbank.cancel(RECURRENCE_ID);
  await first.delbank.control.reset();
  const second = await start(file);
  expect((await second.delbank.control.state()).commits).toEqual([]);
});

test.each([
  ["half of a file", '{"version":1,"vend'],
  ["another version", '{"version":2,"vendors":{}}'],
  ["no object", "[]"],
  ["a vendor that is no object", '{"version":1,"vendors":{"avibra":[]}}'],
  ["a vendor without its lists", '{"version":1,"vendors":{"delbank":{"clockOffsetMs":0}}}'],
  ["a clock that is no number", '{"version":1,"vendors":{"delbank":{"authorizations":[],"commits":[]}}}'],
])("a state file with %s stops the start with a message that says to delete it", async (_what, content) => {
  const file = newFile();
  mkdirSync(join(file, ".."));
  writeFileSync(file, content);
  await expect(startSandboxes({ stateFile: file })).rejects.toThrow(
    `${file} is not a state of the simulated providers that this release can read; delete it, and they start from their seeds`,
  );
  expect(readFileSync(file, "utf8")).toBe(content);
});

test("a state file that cannot be read stops the start with the reason", async () => {
  const file = newFile();
  mkdirSync(file, { recursive: true });
  await expect(startSandboxes({ stateFile: file })).rejects.toThrow(`${file} cannot be read (EISDIR)`);
});

test("a change that cannot be stored gets 500, and the reason is reported", async () => {
  const file = newFile();
  const failures: string[] = [];
  const { delbank } = await start(file, (message) => void failures.push(message));
  mkdirSync(file, { recursive: true });
  expect((await delbank.cancel(RECURRENCE_ID)).status).toBe(500);
  expect(failures).toEqual([`${file} cannot be written (EISDIR)`]);
  rmSync(file, { recursive: true });
  expect((await delbank.post("/baas/api/v1/nowhere", "{}")).status).toBe(404);
  expect(existsSync(file)).toBe(true); // the next request stores what could not be stored
});
