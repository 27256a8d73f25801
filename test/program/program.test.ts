import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createSandboxControl, type SandboxControl } from "../kit/sandbox-control";
import { MEMBER_ID } from "../kit/seeds/ids";
import { attachDebugger, DEBUGGABLE_ENV } from "../kit/start/debugger";
import { liveVariables } from "../kit/start/live-variables";
import { type Program, spawnProgram } from "../kit/start/program";
import { waitFor } from "../kit/wait-for";
import { freePort } from "../kit/free-port";
import { createTempDirectory } from "../kit/temp";

interface Running extends Program {
  readonly url: string;
  readonly avibraUrl: string;
  readonly delbankUrl: string;
  readonly token: string;
}

jest.setTimeout(600_000);

const started: Program[] = [];
/** Ends also what a test that failed has left running. */
afterAll(async () => {
  for (const { process } of started) process.kill("SIGKILL");
  await Promise.all(started.map(({ exit }) => exit));
});

function spawnTracked(environment: Readonly<Record<string, string>>): Program {
  const program = spawnProgram(environment);
  started.push(program);
  return program;
}

async function startAndWait(environment: Readonly<Record<string, string>> = {}): Promise<Running> {
  const [port, avibra, delbank] = [await freePort(), await freePort(), await freePort()];
  const program = spawnTracked({
    PORT: `${port}`,
    AVIBRA_SANDBOX_PORT: `${avibra}`,
    DELBANK_SANDBOX_PORT: `${delbank}`,
    ...environment,
  });
  const token = await waitFor(() => /^eyJ\S+$/m.exec(program.output())?.[0]);
  const sandboxUrl = (name: string) =>
    `http://127.0.0.1:${environment[name] ?? (name.startsWith("AVIBRA") ? avibra : delbank)}`;
  return {
    ...program,
    token,
    url: `http://127.0.0.1:${port}`,
    avibraUrl: sandboxUrl("AVIBRA_SANDBOX_PORT"),
    delbankUrl: sandboxUrl("DELBANK_SANDBOX_PORT"),
  };
}

/** Variables of a program that uses the sandboxes which another one has started. */
const sandboxesOf = ({ avibraUrl, delbankUrl }: Running) => ({
  AVIBRA_SANDBOX_PORT: new URL(avibraUrl).port,
  DELBANK_SANDBOX_PORT: new URL(delbankUrl).port,
});

function send(
  { url, token }: Pick<Running, "url" | "token">,
  query: string,
  options: { readonly variables?: object; readonly signal?: AbortSignal } = {},
): Promise<Response> {
  const { variables = {}, signal } = options;
  return fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
    ...(signal && { signal }),
  });
}

/** A sleep of the program ends when the test says so. */
const HELD_SLEEP_MS = 59_999;
const HOLD_SLEEP = `{
  const timers = process.getBuiltinModule("node:timers/promises");
  const original = timers.setTimeout;
  timers.setTimeout = (ms, ...rest) =>
    ms === ${HELD_SLEEP_MS} ? new Promise((resolve) => { globalThis.endSleep = resolve; }) : original(ms, ...rest);
}`;

/** Resident memory of a process in MB. */
function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

describe("the built program in sandbox mode", () => {
  let program: Running;
  let control: SandboxControl;
  beforeAll(async () => {
    program = await startAndWait({ READ_CACHE_MS: "0" });
    control = createSandboxControl(program.avibraUrl);
  });

  test("prints its URLs, a token and an example request, which returns the member's benefits", async () => {
    const example = /-d '(.*)'/.exec(program.output())?.[1] ?? "";
    const { query } = JSON.parse(example) as { query: string };
    const { data } = (await (await send(program, query)).json()) as {
      data: { me: { id: string; currentOffer: object; benefits: object[] } };
    };
    expect(data.me).toMatchObject({ id: MEMBER_ID, currentOffer: { status: "ACTIVE", offer: { name: "Plus" } } });
    expect(data.me.benefits).toHaveLength(4);
    expect(program.output()).toContain(`Playground  ${program.url}/`);
  });

  test("an event that the sandbox sends about a change of offer is in the member's events", async () => {
    // Before another program uses this sandbox: events go to the program that registered last.
    const input = '{ idempotencyKey: "up", userId: "u-1001", offerId: "premium", direction: UPGRADE }';
    const changed = await send(program, `mutation { changeOffer(input: ${input}) { operation { status } } }`);
    expect(await changed.json()).toMatchObject({ data: { changeOffer: { operation: { status: "SUCCEEDED" } } } });
    const events = await waitFor(async () => {
      const response = await send(program, "{ me { events { edges { node { kind } } } } }");
      const { data } = (await response.json()) as { data: { me: { events: { edges: object[] } } } };
      return data.me.events.edges.length > 1 ? data.me.events.edges : undefined;
    });
    // The older one is of the seeds.
    expect(events).toEqual([
      { node: { kind: "OFFER_UPGRADE_SUCCESSFUL" } },
      { node: { kind: "ENROLLMENT_SUCCESSFUL" } },
    ]);
  });

  test("a second program uses the first one's sandboxes; on SIGTERM, readiness is 503 and its request is completed", async () => {
    const second = await startAndWait({
      ...sandboxesOf(program),
      ...DEBUGGABLE_ENV,
      SHUTDOWN_DELAY_MS: `${HELD_SLEEP_MS}`,
      SHUTDOWN_TIMEOUT_MS: "600000",
    });
    const debug = await attachDebugger(second);
    await debug.send("Runtime.evaluate", { expression: HOLD_SLEEP });
    await control.clearRequests();
    await control.addFault({ match: { path: "/user/benefits" }, kind: "delay", delayMs: 1500 });
    const inFlight = send(second, "{ me { benefits { id } } }");
    await waitFor(async () => ((await control.requests("/user/benefits")).length > 0 ? true : undefined));
    second.process.kill("SIGTERM");

    const red = await waitFor(async () => {
      const response = await fetch(`${second.url}/health/ready`);
      return response.status === 503 ? response : undefined;
    });
    expect(await red.json()).toMatchObject({ status: "not ready" });
    expect((await fetch(`${second.url}/health/live`)).status).toBe(200);
    await debug.send("Runtime.evaluate", { expression: "endSleep()" });
    debug.close();
    const { data } = (await (await inFlight).json()) as { data: { me: { benefits: object[] } } };
    expect(data.me.benefits).toHaveLength(4);
    expect(await second.exit).toBe(0);
  });

  test("on SIGTERM, a mutation whose client has disconnected is executed before the program exits with 0", async () => {
    // In the sandbox of the first program: its state remains after the exit.
    const second = await startAndWait({
      ...sandboxesOf(program),
      SHUTDOWN_DELAY_MS: "0",
      SHUTDOWN_TIMEOUT_MS: "600000",
    });
    const countCommits = async () => (await control.state()).commits.length;
    const before = await countCommits();
    await control.addFault({ match: { path: "/user/account/update" }, kind: "delay", delayMs: 1500 });
    const client = new AbortController();
    const input = '{ idempotencyKey: "gone", userId: "u-1001", lastName: "Gone" }';
    const query = `mutation { updateUser(input: ${input}) { operation { id } } }`;
    const sent = send(second, query, { signal: client.signal }).catch(() => "disconnected");
    await waitFor(async () => ((await control.requests("/user/account/update")).length > 0 ? true : undefined));
    client.abort();
    expect(await sent).toBe("disconnected");
    second.process.kill("SIGTERM");
    expect(await second.exit).toBe(0);
    expect(await countCommits()).toBe(before + 1);
  });

  test("does not grow in memory while a provider sends 25 MB and endless bodies", async () => {
    const pid = program.process.pid ?? 0;
    for (let round = 0; round < 5; round += 1) await send(program, "{ me { benefits { id } } }");
    const before = residentMb(pid);
    for (let round = 0; round < 10; round += 1) {
      await control.addFault({ match: { path: "/user/benefits" }, kind: round % 2 ? "hugeBody" : "endlessBody" });
      const response = (await (await send(program, "{ me { benefits { id } } }")).json()) as {
        errors: { extensions: { code: string } }[];
      };
      expect(response.errors[0]?.extensions.code).toBe("PROVIDER_CONTRACT");
    }
    expect(residentMb(pid) - before).toBeLessThan(60); // 10 bodies of 25 MB would be 250
  });

  test("reports a port that is in use in one line", async () => {
    const { port } = new URL(program.url);
    const second = spawnTracked({ ...sandboxesOf(program), PORT: port });
    expect(await second.exit).toBe(1);
    expect(second.output()).toBe(`The configuration is not valid:\n  PORT: ${port} is in use\n`);
  });

  test("exits with 0 on SIGTERM", async () => {
    program.process.kill("SIGTERM");
    expect(await program.exit).toBe(0);
  });
});

test("requests that time out because a provider hangs leave nothing in memory", async () => {
  const program = await startAndWait({
    ...DEBUGGABLE_ENV,
    REQUEST_TIMEOUT_MS: "300",
    AVIBRA_CONCURRENCY: "5",
    QUEUE_LENGTH: "10",
    BREAKER_MIN_CALLS: "10000",
  });
  const response = await fetch(`${program.url}/dev/token?sub=support&scope=users:read:any`);
  const { token } = (await response.json()) as { token: string };
  const hang = { match: { path: "/user/benefits" }, kind: "hangBeforeCommit", times: 1_000_000 };
  const control = createSandboxControl(program.avibraUrl);
  await control.addFault(hang);
  let count = 0;
  const sendOne = async () => {
    const query = "query($id: UserId!) { user(id: $id) { currentOffer { status } } }"; // one document: documents are cached
    const response = await send({ url: program.url, token }, query, { variables: { id: `h-${(count += 1)}` } });
    // UNAVAILABLE if a busy machine used up the time before the provider was asked.
    expect(await response.text()).toMatch(/"code":"(PROVIDER_TIMEOUT|PROVIDER_UNAVAILABLE|UNAVAILABLE)"/);
  };
  const sendWaves = async (waves: number) => {
    for (let wave = 0; wave < waves; wave += 1) await Promise.all(Array.from({ length: 40 }, sendOne));
  };
  const memory = await attachDebugger(program);
  /** What is in use when nothing more can be collected. */
  const usedBytes = async () => {
    await memory.send("HeapProfiler.collectGarbage");
    return ((await memory.send("Runtime.getHeapUsage")) as { usedSize: number }).usedSize;
  };
  await sendWaves(25); // what the engine keeps of the first thousand requests does not grow any more
  const [before, countBefore] = [await usedBytes(), count];
  await sendWaves(15);
  const bytesEach = ((await usedBytes()) - before) / (count - countBefore);
  expect((await control.requests("/user/benefits")).length).toBeGreaterThan(0);
  expect(bytesEach).toBeLessThan(3000); // one of them takes several times that while it is in flight
  memory.close();
});

describe("at the start of the program", () => {
  test("an invalid configuration is one message with every problem, and it exits with 1 and starts nothing", async () => {
    const port = await freePort();
    const program = spawnTracked({
      PORT: "http",
      DELBANK_TIMEOUT_MS: "-1",
      PROVIDERS: "sandbox",
      LOG_LEVEL: "loud",
      AVIBRA_SANDBOX_PORT: `${port}`,
    });
    expect(await program.exit).toBe(1);
    expect(program.output()).toBe(
      [
        "The configuration is not valid:",
        "  PORT: must be a whole number from 0 to 65535",
        "  DELBANK_TIMEOUT_MS: must be a whole number from 1 to 600000",
        "  LOG_LEVEL: must be one of: trace, debug, info, warn, error, fatal, silent",
        "",
      ].join("\n"),
    );
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });

  test("a SQLite file in live mode is one warning line that names the variable", async () => {
    const { path: directory, remove: removeDirectory } = createTempDirectory("live");
    const [port, provider] = [await freePort(), "https://provider.test"];
    const program = spawnTracked({
      ...liveVariables(provider),
      PROVIDERS: "live",
      PORT: `${port}`,
      DATABASE_URL: `sqlite:${join(directory, "subgraph.db")}`,
      ROUTER_SECRETS: "a-router-secret-of-32-characters",
      AVIBRA_BASE_URL: provider,
      DELBANK_BASE_URL: provider,
      AUTH_JWKS_URL: `${provider}/keys`,
      AUTH_ISSUER: provider,
      AUTH_AUDIENCE: "benefits",
    });
    await waitFor(() => (program.output().includes('"msg":"listening"') ? true : undefined));
    const warnings = program
      .output()
      .split("\n")
      .filter((line) => line.includes("configuration warning"));
    expect(warnings.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({
        level: "warn",
        problem: expect.stringMatching(/^DATABASE_URL: a SQLite file/) as string,
      }),
    ]);
    program.process.kill("SIGTERM");
    expect(await program.exit).toBe(0);
    removeDirectory();
  });

  test("a host that is not an address of this machine is reported in one sentence", async () => {
    const program = spawnTracked({ HOST: "256.1.1.1", PORT: `${await freePort()}` });
    expect(await program.exit).toBe(1);
    expect(program.output()).toMatch(
      /^The configuration is not valid:\n {2}HOST, PORT: the address cannot be listened on \(E\w+\)\n$/,
    );
  });
});
