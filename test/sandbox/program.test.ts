import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { startSandboxes } from "../../src/sandbox/index";
import { observeRequest } from "../kit/http/request";

const PROGRAM = "src/sandbox/main.ts";
const FREE_PORTS = { AVIBRA_SANDBOX_PORT: "0", DELBANK_SANDBOX_PORT: "0" };

function run(environment: Readonly<Record<string, string>>): ChildProcess {
  return spawn(process.execPath, ["--import", "tsx", PROGRAM], {
    env: { ...process.env, ...FREE_PORTS, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function collected(stream: NodeJS.ReadableStream | null): { text: string } {
  const all = { text: "" };
  stream?.on("data", (chunk: Buffer) => (all.text += chunk.toString("utf8")));
  return all;
}

test.each(["SIGTERM", "SIGINT"] as const)(
  "prints what is there and how to steer it, and %s ends it with 0",
  async (signal) => {
    const program = run({});
    const printed = collected(program.stdout);
    while (!printed.text.includes("/__sandbox/reset")) await once(program.stdout ?? program, "data");
    const credentials = ["sandbox-client", "sandbox-client-secret", "partner/api", "sandbox-avibra-api-key"];
    const more = ["sandbox-link", "sandbox-link-password", "sandbox-partner", "sandbox-delbank-api-key", "10000"];
    for (const text of [...credentials, ...more, "u-1001", "RR0435879820240605njua7shf40o"]) {
      expect(printed.text).toContain(text);
    }
    const url = /Avibra sandbox\s+(\S+)/.exec(printed.text)?.[1] ?? "";
    expect((await observeRequest(`${url}/__sandbox/state`)).status).toBe(200);
    program.kill(signal);
    expect(await once(program, "exit")).toEqual([0, null]);
  },
);

test("under a parent it prints nothing, says when it is ready, and ends with 0 when the parent has gone", async () => {
  const program = fork(PROGRAM, {
    execArgv: ["--import", "tsx"],
    env: { ...process.env, ...FREE_PORTS },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const [printed, complaints] = [collected(program.stdout), collected(program.stderr)];
  expect((await once(program, "message"))[0]).toEqual({ ready: true });
  program.disconnect();
  expect(await once(program, "exit")).toEqual([0, null]);
  expect([printed.text, complaints.text]).toEqual(["", ""]);
});

test.each(["AVIBRA_SANDBOX_PORT", "DELBANK_SANDBOX_PORT"])(
  "%s in use is one line on stderr and exit 1",
  async (name) => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const address = holder.address();
    const port = typeof address === "object" && address !== null ? String(address.port) : "";
    const program = run({ [name]: port });
    const [printed, complaints] = [collected(program.stdout), collected(program.stderr)];
    expect(await once(program, "close")).toEqual([1, null]);
    expect(complaints.text).toBe(
      `sandbox: port ${port} is in use; set AVIBRA_SANDBOX_PORT or DELBANK_SANDBOX_PORT to another\n`,
    );
    expect(printed.text).toBe("");
    holder.close();
  },
);

test("a port that is no port is one line on stderr and exit 1", async () => {
  const program = run({ DELBANK_SANDBOX_PORT: "http" });
  const complaints = collected(program.stderr);
  expect(await once(program, "close")).toEqual([1, null]);
  expect(complaints.text).toBe("sandbox: DELBANK_SANDBOX_PORT must be a port number from 0 to 65535\n");
});

test("DELBANK_SANDBOX_AUTHORIZATIONS are that many more active ones; what is no number is one line on stderr and exit 1", async () => {
  const program = run({ DELBANK_SANDBOX_AUTHORIZATIONS: "12" });
  const printed = collected(program.stdout);
  while (!printed.text.includes("/__sandbox/reset")) await once(program.stdout ?? program, "data");
  const url = /Delbank sandbox\s+(http:\/\/[^/]+)/.exec(printed.text)?.[1] ?? "";
  for (const reset of [false, true]) {
    if (reset) await observeRequest(`${url}/__sandbox/reset`, { method: "POST" });
    const { authorizations } = JSON.parse((await observeRequest(`${url}/__sandbox/state`)).text) as {
      authorizations: { recurrenceId: string; guid: string; situation: string }[];
    };
    expect(authorizations).toHaveLength(6 + 12);
    expect(new Set(authorizations.map(({ guid }) => guid)).size).toBe(6 + 12);
    expect(authorizations.at(-1)).toMatchObject({
      recurrenceId: "RR3822485720260110more0000012",
      situation: authorizations[0]?.situation,
    });
  }
  program.kill();
  await once(program, "exit");

  const refused = run({ DELBANK_SANDBOX_AUTHORIZATIONS: "many" });
  const complaints = collected(refused.stderr);
  expect(await once(refused, "close")).toEqual([1, null]);
  expect(complaints.text).toBe("sandbox: DELBANK_SANDBOX_AUTHORIZATIONS must be a number from 0 to 10000\n");
});

test("in process, close ends at once although a request hangs", async () => {
  const sandboxes = await startSandboxes({ avibraPort: 0, delbankPort: 0 });
  const body = JSON.stringify({ match: {}, kind: "hangBeforeCommit" });
  await observeRequest(`${sandboxes.delbank.url}/__sandbox/faults`, { method: "POST", body });
  const hanging = observeRequest(`${sandboxes.delbank.url}/x`);
  let log = "[]";
  while (log === "[]") log = (await observeRequest(`${sandboxes.delbank.url}/__sandbox/requests`)).text;
  await sandboxes.close();
  expect((await hanging).end).toBe("ECONNRESET");
  expect((await observeRequest(`${sandboxes.avibra.url}/x`)).end).toBe("ECONNREFUSED");
});

test("in process, close ends at once although somebody has sent half a request", async () => {
  const sandboxes = await startSandboxes({ avibraPort: 0, delbankPort: 0 });
  const { hostname, port } = new URL(sandboxes.avibra.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  const isClosed = once(socket, "close");
  socket.write("POST /user/prefill HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf");
  let log = "[]";
  while (log === "[]") log = (await observeRequest(`${sandboxes.avibra.url}/__sandbox/requests`)).text;
  await sandboxes.close();
  await isClosed;
});

test.each(["exception", "rejection"])(
  "a crash (%s) prints where it was, nothing of what the error holds, and ends with 1",
  async (crash) => {
    const canary = "cnry-in-the-sandbox";
    const loaded = pathToFileURL(join(__dirname, "../kit/start/crash-hook.ts")).href;
    const program = run({ NODE_OPTIONS: `--import ${loaded}`, CRASH: crash, CRASH_CANARY: canary });
    const [printed, errors] = [collected(program.stdout), collected(program.stderr)];
    while (!printed.text.includes("/__sandbox/reset")) await once(program.stdout ?? program, "data");
    program.kill("SIGUSR2");
    expect(await once(program, "close")).toEqual([1, null]);
    expect(errors.text).toMatch(/^sandbox: crashed\n {4}at createLeakyError/m);
    expect(printed.text + errors.text).not.toContain(canary);
  },
);
