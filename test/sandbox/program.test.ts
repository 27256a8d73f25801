import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { startSandboxes } from "../../src/sandbox/index";
import { observeRequest } from "../kit/http/request";
import { startTcpServer } from "../kit/network/tcp-server";
import { MEMBER_ID, RECURRENCE_ID } from "../kit/seeds/ids";

const PROGRAM = "src/sandbox/main.ts";
const FREE_PORTS = { AVIBRA_SANDBOX_PORT: "0", DELBANK_SANDBOX_PORT: "0" };

function run(environment: Readonly<Record<string, string>>): ChildProcess {
  return spawn(process.execPath, ["--import", "tsx", PROGRAM], {
    env: { ...process.env, ...FREE_PORTS, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function collectOutput(stream: NodeJS.ReadableStream | null): { text: string } {
  const output = { text: "" };
  stream?.on("data", (chunk: Buffer) => (output.text += chunk.toString("utf8")));
  return output;
}

test.each(["SIGTERM", "SIGINT"] as const)(
  "the sandbox program prints its URLs, credentials and seeds, and exits with 0 on %s",
  async (signal) => {
    const program = run({});
    const printed = collectOutput(program.stdout);
    while (!printed.text.includes("/__sandbox/reset")) await once(program.stdout ?? program, "data");
    const credentials = ["sandbox-client", "sandbox-client-secret", "partner/api", "sandbox-avibra-api-key"];
    const more = ["sandbox-link", "sandbox-link-password", "sandbox-partner", "sandbox-delbank-api-key", "10000"];
    for (const text of [...credentials, ...more, MEMBER_ID, RECURRENCE_ID]) {
      expect(printed.text).toContain(text);
    }
    const url = /Avibra sandbox\s+(\S+)/.exec(printed.text)?.[1] ?? "";
    expect((await observeRequest(`${url}/__sandbox/state`)).status).toBe(200);
    program.kill(signal);
    expect(await once(program, "exit")).toEqual([0, null]);
  },
);

test("a forked sandbox program prints nothing, sends ready, and exits with 0 when its parent disconnects", async () => {
  const program = fork(PROGRAM, {
    execArgv: ["--import", "tsx"],
    env: { ...process.env, ...FREE_PORTS },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const [printed, errors] = [collectOutput(program.stdout), collectOutput(program.stderr)];
  expect((await once(program, "message"))[0]).toEqual({ ready: true });
  program.disconnect();
  expect(await once(program, "exit")).toEqual([0, null]);
  expect([printed.text, errors.text]).toEqual(["", ""]);
});

test.each(["AVIBRA_SANDBOX_PORT", "DELBANK_SANDBOX_PORT"])(
  "the sandbox program prints one line on stderr and exits with 1 if %s is in use",
  async (name) => {
    const server = await startTcpServer(() => undefined);
    const port = String(server.port);
    const program = run({ [name]: port });
    const [printed, errors] = [collectOutput(program.stdout), collectOutput(program.stderr)];
    expect(await once(program, "close")).toEqual([1, null]);
    expect(errors.text).toBe(
      `sandbox: port ${port} is in use; set AVIBRA_SANDBOX_PORT or DELBANK_SANDBOX_PORT to another\n`,
    );
    expect(printed.text).toBe("");
    await server.close();
  },
);

test("the sandbox program prints one line on stderr and exits with 1 if a port is not a number", async () => {
  const program = run({ DELBANK_SANDBOX_PORT: "http" });
  const errors = collectOutput(program.stderr);
  expect(await once(program, "close")).toEqual([1, null]);
  expect(errors.text).toBe("sandbox: DELBANK_SANDBOX_PORT must be a port number from 0 to 65535\n");
});

test("DELBANK_SANDBOX_AUTHORIZATIONS adds as many active authorizations, and is rejected if it is not a number", async () => {
  const program = run({ DELBANK_SANDBOX_AUTHORIZATIONS: "12" });
  const printed = collectOutput(program.stdout);
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

  const rejected = run({ DELBANK_SANDBOX_AUTHORIZATIONS: "many" });
  const errors = collectOutput(rejected.stderr);
  expect(await once(rejected, "close")).toEqual([1, null]);
  expect(errors.text).toBe("sandbox: DELBANK_SANDBOX_AUTHORIZATIONS must be a number from 0 to 10000\n");
});

test("close() of sandboxes in the same process ends a hanging request", async () => {
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

test("close() of sandboxes in the same process ends an incomplete request", async () => {
  const sandboxes = await startSandboxes({ avibraPort: 0, delbankPort: 0 });
  const { hostname, port } = new URL(sandboxes.avibra.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  const closed = once(socket, "close");
  socket.write("POST /user/prefill HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf");
  let log = "[]";
  while (log === "[]") log = (await observeRequest(`${sandboxes.avibra.url}/__sandbox/requests`)).text;
  await sandboxes.close();
  await closed;
});

test.each(["exception", "rejection"])(
  "a crash (%s) of the sandbox program prints the stack without the error's content, and exits with 1",
  async (crash) => {
    const canary = "cnry-in-the-sandbox";
    const hook = pathToFileURL(join(__dirname, "../kit/start/crash-hook.ts")).href;
    const program = run({ NODE_OPTIONS: `--import ${hook}`, CRASH: crash, CRASH_CANARY: canary });
    const [printed, errors] = [collectOutput(program.stdout), collectOutput(program.stderr)];
    while (!printed.text.includes("/__sandbox/reset")) await once(program.stdout ?? program, "data");
    program.kill("SIGUSR2");
    expect(await once(program, "close")).toEqual([1, null]);
    expect(errors.text).toMatch(/^sandbox: crashed\n {4}at createLeakyError/m);
    expect(printed.text + errors.text).not.toContain(canary);
  },
);
