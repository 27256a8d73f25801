import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Sandboxes, startSandboxes } from "../../src/sandbox/index";
import { RECURRENCE_ID } from "../kit/seeds/ids";
import { createTempDirectory } from "../kit/temp";
import { AvibraClient, DelbankClient } from "./vendor-clients";

const directory = createTempDirectory("sandbox-state");
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
type DelbankState = {
  readonly authorizations: readonly { readonly recurrenceId: string; readonly situation: string }[];
};

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
  await first.delbank.control.clock({ advanceMs: 86_400_000 });
  await first.delbank.cancel(RECURRENCE_ID);
  expect((await first.avibra.create("m-1", "key-1")).status).toBe(200);
  const before = await first.delbank.control.state<DelbankState>();

  const second = await start(file);
  const after = await second.delbank.control.state<DelbankState>();
  expect(after.authorizations).toEqual(before.authorizations);
  expect(after.commits).toMatchObject([{ operation: "cancel", subject: RECURRENCE_ID }]);
  expect(Date.parse(after.now) - Date.parse(before.now)).toBeLessThan(86_400_000);
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

test("members that were never changed keep seeds that are relative to the start", async () => {
  const file = newFile();
  const first = await start(file);
  await first.avibra.create("m-1", "key");
  const { vendors } = JSON.parse(readFileSync(file, "utf8")) as { vendors: { avibra: { accounts: object[] } } };
  expect(vendors.avibra.accounts).toMatchObject([{ userId: "m-1" }]);
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
