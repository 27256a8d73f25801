import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { freePort } from "../kit/free-port";
import { createSandboxControl, type SandboxControl } from "../kit/sandbox-control";
import { RECURRENCE_ID } from "../kit/seeds/ids";
import { startProgram } from "../kit/start/program";

type Environment = Readonly<Record<string, string>>;

const origin = (port: string | undefined) => `http://127.0.0.1:${port ?? ""}`;

/** Ports on which no sandbox runs. */
async function freePorts() {
  const [PORT, AVIBRA_SANDBOX_PORT, DELBANK_SANDBOX_PORT] = await Promise.all([freePort(), freePort(), freePort()]);
  return {
    PORT: `${PORT}`,
    AVIBRA_SANDBOX_PORT: `${AVIBRA_SANDBOX_PORT}`,
    DELBANK_SANDBOX_PORT: `${DELBANK_SANDBOX_PORT}`,
  };
}

const running = new Set<ChildProcess>();
afterAll(() => {
  for (const { pid = 0 } of running) process.kill(-pid, "SIGKILL"); // after a failed test
});

/** Runs `npm run example` to its end. */
async function runExample(environment: Environment, ...options: readonly string[]) {
  const child = spawn("npm", ["run", "--silent", "example", "--", ...options], {
    env: { ...process.env, ...environment },
    detached: true, // a process group of its own
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const printed = { out: "", error: "" };
  child.stdout.on("data", (chunk: Buffer) => (printed.out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (printed.error += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  running.delete(child);
  return { code, ...printed };
}

const parseSteps = (out: string) =>
  out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Readonly<Record<string, string>>);

describe("npm run example", () => {
  test("without a running sandbox, starts one, prints each step with its result, stops it, and exits with 0", async () => {
    const ports = await freePorts();
    const { code, out, error } = await runExample(ports);
    expect([code, error]).toEqual([0, ""]);
    const url = /endpoint +(\S+)/.exec(out)?.[1] ?? "";
    expect(out.replace(url, "URL").replace(/(occurredAt +).*/, "$1…")).toBe(`
Find a sandbox
  sandbox       started for this run

Sign in
  endpoint      URL
  member        u-1001
  scope         pix:cancel

Read benefits
  offer         Plus (ACTIVE)
  benefits      Accident insurance (ACTIVE), Telehealth (ACTIVE), Dental care (PENDING), Life insurance (UNKNOWN)

Cancel the Pix authorization; Delbank's response gets lost
  authorization ${RECURRENCE_ID}
  status        UNCONFIRMED

Wait for operationSettled
  status        SUCCEEDED

Receive an event by userEvents
  kind          USER_BENEFITS_PENDING_SWAP
  occurredAt    …
`);
    expect(url).not.toBe(`${origin(ports.PORT)}/graphql`);
    await expect(fetch(url)).rejects.toThrow();
  });

  test("--help names the options and the exit codes, and starts nothing", async () => {
    const { code, out } = await runExample({}, "--help");
    expect([code, out.includes("--json"), out.includes("Exit codes: 0 every step succeeded, 1")]).toEqual([
      0,
      true,
      true,
    ]);
  });

  test("an unknown option is named, and the exit code is 1", async () => {
    expect(await runExample({}, "--nothing")).toMatchObject({
      code: 1,
      out: "",
      error: expect.stringContaining("'--nothing'"),
    });
  });
});

describe("npm run example, beside a running sandbox", () => {
  let program: Awaited<ReturnType<typeof startProgram>>;
  let ports: Environment;
  let avibra: SandboxControl;
  let delbank: SandboxControl;
  beforeAll(async () => {
    ports = await freePorts();
    program = await startProgram(ports);
    avibra = createSandboxControl(origin(ports["AVIBRA_SANDBOX_PORT"]));
    delbank = createSandboxControl(origin(ports["DELBANK_SANDBOX_PORT"]));
  });
  afterAll(() => program.stop());

  test("uses it; a second run reports ALREADY_CANCELLED, receives an event, and leaves no fault behind", async () => {
    const first = await runExample(ports, "--json");
    expect([first.code, first.error]).toEqual([0, ""]);
    expect(parseSteps(first.out)).toMatchObject([
      { step: "Find a sandbox", sandbox: "the one that is running" },
      { step: "Sign in", endpoint: `${program.url}/graphql` },
      { step: "Read benefits", offer: "Plus (ACTIVE)" },
      { status: "UNCONFIRMED" },
      { step: "Wait for operationSettled", status: "SUCCEEDED" },
      { kind: "USER_BENEFITS_PENDING_SWAP" },
    ]);

    const second = await runExample(ports, "--json");
    expect(second.code).toBe(0);
    const [, , , cancellation, event, ...others] = parseSteps(second.out);
    expect([cancellation?.["userError"], event?.["kind"], others]).toEqual([
      "ALREADY_CANCELLED",
      "USER_BENEFITS_PENDING_SWAP",
      [],
    ]);
    expect((await delbank.state()).commits).toHaveLength(1);
    expect(await (await fetch(`${delbank.url}/__sandbox/faults`)).json()).toEqual([]);
    expect(program.isRunning()).toBe(true);
  });

  test("a request that fails is named by its code, and the exit code is 1", async () => {
    await avibra.addFault({ match: { path: "/user/benefits" }, kind: "status", status: 503, times: 100 });
    const { code, error } = await runExample(ports);
    expect([code, error]).toEqual([1, "The request failed: PROVIDER_UNAVAILABLE.\n"]);
  });
});
