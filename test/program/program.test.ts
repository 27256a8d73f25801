import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createSandboxControl } from "../kit/sandbox-control";
import { attachDebugger, DEBUGGABLE_ENV } from "../kit/start/debugger";
import { liveVariables } from "../kit/start/live-variables";
import { type Program, spawnProgram } from "../kit/start/program";
import { waitFor } from "../kit/wait-for";
import { freePort } from "../kit/free-port";
import { createTempDirectory } from "../kit/temp";

interface Running extends Program {
  readonly url: string;
  readonly avibraUrl: string;
  readonly token: string;
}

const started: Program[] = [];
/** Ends what a test that failed has left running. */
afterEach(() => {
  for (const { process } of started.splice(0)) process.kill("SIGKILL");
});

async function startAndWait(environment: Readonly<Record<string, string>> = {}): Promise<Running> {
  const [port, avibra, delbank] = [await freePort(), await freePort(), await freePort()];
  const program = spawnProgram({
    PORT: `${port}`,
    AVIBRA_SANDBOX_PORT: `${avibra}`,
    DELBANK_SANDBOX_PORT: `${delbank}`,
    ...environment,
  });
  started.push(program);
  const token = await waitFor(() => /^eyJ\S+$/m.exec(program.output())?.[0]);
  return { ...program, url: `http://127.0.0.1:${port}`, avibraUrl: `http://127.0.0.1:${avibra}`, token };
}

function send({ url, token }: Running, query: string, variables = {}): Promise<Response> {
  return fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
}

/** Resident memory of a process in MB. */
function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

describe("the built program", () => {
  test("prints URLs, a token and an example; the example, run as printed, brings the member's benefits", async () => {
    const program = await startAndWait();
    const example = /-d '(.*)'/.exec(program.output())?.[1] ?? "";
    const { query } = JSON.parse(example) as { query: string };
    const { data } = (await (await send(program, query)).json()) as {
      data: { me: { id: string; currentOffer: object; benefits: object[] } };
    };
    expect(data.me).toMatchObject({ id: "u-1001", currentOffer: { status: "ACTIVE", offer: { name: "Plus" } } });
    expect(data.me.benefits).toHaveLength(4);
    expect(program.output()).toContain(`Playground  ${program.url}/`);
    program.process.kill("SIGTERM");
    expect(await program.exit).toBe(0);
  });

  test("on SIGTERM ready goes red, what is under way is answered, and the exit code is 0", async () => {
    const program = await startAndWait({ SHUTDOWN_DELAY_MS: "300" });
    await createSandboxControl(program.avibraUrl).addFault({
      match: { path: "/user/benefits" },
      kind: "delay",
      delayMs: 800,
    });
    const underWay = send(program, "{ me { benefits { id } } }");
    await waitFor(async () =>
      (await createSandboxControl(program.avibraUrl).requests("/user/benefits")).length > 0 ? true : undefined,
    );
    program.process.kill("SIGTERM");

    const red = await waitFor(async () => {
      const response = await fetch(`${program.url}/health/ready`);
      return response.status === 503 ? response : undefined;
    });
    expect(await red.json()).toMatchObject({ status: "not ready" });
    expect((await fetch(`${program.url}/health/live`)).status).toBe(200);
    const { data } = (await (await underWay).json()) as { data: { me: { benefits: object[] } } };
    expect(data.me.benefits).toHaveLength(4);
    expect(await program.exit).toBe(0);
  });

  test("on SIGTERM a mutation whose client has gone is finished all the same", async () => {
    const program = await startAndWait({ SHUTDOWN_DELAY_MS: "0" });
    const control = createSandboxControl(program.avibraUrl);
    await control.addFault({ match: { path: "/user/account/update" }, kind: "delay", delayMs: 700 });
    const client = new AbortController();
    const query =
      'mutation { updateUser(input: { idempotencyKey: "gone", userId: "u-1001", lastName: "Gone" }) { operation { id } } }';
    const sent = fetch(`${program.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${program.token}` },
      body: JSON.stringify({ query }),
      signal: client.signal,
    }).catch(() => "gone");
    await waitFor(async () => ((await control.requests("/user/account/update")).length > 0 ? true : undefined));
    client.abort();
    expect(await sent).toBe("gone");
    const watcher = { commits: 0 };
    program.process.kill("SIGTERM");
    // The sandbox ends with the program, so its state is watched until then.
    await waitFor(async () => {
      const state = await control.state().catch(() => undefined);
      watcher.commits = state?.commits.length ?? watcher.commits;
      return state === undefined || watcher.commits > 0 ? true : undefined;
    });
    expect(watcher.commits).toBe(1);
    expect(await program.exit).toBe(0);
  });

  test("a change of offer is told by the sandbox, and shown among the member's events", async () => {
    const program = await startAndWait();
    const input = '{ idempotencyKey: "up", userId: "u-1001", offerId: "premium", direction: UPGRADE }';
    const changed = await send(program, `mutation { changeOffer(input: ${input}) { operation { status } } }`);
    expect(await changed.json()).toMatchObject({ data: { changeOffer: { operation: { status: "SUCCEEDED" } } } });
    const events = await waitFor(async () => {
      const answer = await send(program, "{ me { events { edges { node { kind } } } } }");
      const { data } = (await answer.json()) as { data: { me: { events: { edges: object[] } } } };
      return data.me.events.edges.length > 0 ? data.me.events.edges : undefined;
    });
    expect(events).toEqual([{ node: { kind: "OFFER_UPGRADE_SUCCESSFUL" } }]);
    program.process.kill("SIGTERM");
    expect(await program.exit).toBe(0);
  });

  test("a second program joins the sandboxes of the first", async () => {
    const first = await startAndWait();
    const port = new URL(first.avibraUrl).port;
    const delbank = /Delbank\s+http:\/\/127\.0\.0\.1:(\d+)/.exec(first.output())?.[1] ?? "";
    const second = await startAndWait({ AVIBRA_SANDBOX_PORT: port, DELBANK_SANDBOX_PORT: delbank });
    const { data } = (await (await send(second, "{ me { benefits { id } } }")).json()) as {
      data: { me: { benefits: object[] } };
    };
    expect(data.me.benefits).toHaveLength(4);
    for (const program of [second, first]) {
      program.process.kill("SIGTERM");
      expect(await program.exit).toBe(0);
    }
  });

  test("its memory stays flat while a provider sends 25 MB and endless bodies", async () => {
    const program = await startAndWait({ READ_CACHE_MS: "0" });
    const control = createSandboxControl(program.avibraUrl);
    const pid = program.process.pid ?? 0;
    for (let round = 0; round < 5; round += 1) await send(program, "{ me { benefits { id } } }");
    const before = residentMb(pid);
    for (let round = 0; round < 20; round += 1) {
      await control.addFault({ match: { path: "/user/benefits" }, kind: round % 2 ? "hugeBody" : "endlessBody" });
      const answer = (await (await send(program, "{ me { benefits { id } } }")).json()) as {
        errors: { extensions: { code: string } }[];
      };
      expect(answer.errors[0]?.extensions.code).toBe("PROVIDER_CONTRACT");
    }
    expect(residentMb(pid) - before).toBeLessThan(60); // 20 bodies of 25 MB would be 500
    program.process.kill("SIGTERM");
    await program.exit;
  });
});

test("a provider that hangs leaves nothing in memory of the requests that it has cost their time, however many", async () => {
  const program = await startAndWait({
    ...DEBUGGABLE_ENV,
    REQUEST_TIMEOUT_MS: "300",
    AVIBRA_CONCURRENCY: "5",
    QUEUE_LENGTH: "10",
    BREAKER_MIN_CALLS: "10000",
  });
  try {
    const signed = await fetch(`${program.url}/dev/token?sub=support&scope=users:read:any`);
    const staff = { ...program, ...((await signed.json()) as { token: string }) };
    const hang = { match: { path: "/user/benefits" }, kind: "hangBeforeCommit", times: 1_000_000 };
    await createSandboxControl(program.avibraUrl).addFault(hang);
    let asked = 0;
    const ask = async () => {
      const query = "query($id: UserId!) { user(id: $id) { currentOffer { status } } }"; // one: documents are kept
      const answer = await send(staff, query, { id: `h-${(asked += 1)}` });
      expect(await answer.text()).toMatch(/PROVIDER_(TIMEOUT|UNAVAILABLE)/);
    };
    const inWaves = async (waves: number) => {
      for (let wave = 0; wave < waves; wave += 1) await Promise.all(Array.from({ length: 40 }, ask));
    };
    const memory = await attachDebugger(program);
    /** What is in use when nothing more can be thrown away. */
    const usedBytes = async () => {
      await memory.send("HeapProfiler.collectGarbage");
      return ((await memory.send("Runtime.getHeapUsage")) as { usedSize: number }).usedSize;
    };
    await inWaves(8);
    const [before, askedBefore] = [await usedBytes(), asked];
    await inWaves(15);
    const bytesEach = ((await usedBytes()) - before) / (asked - askedBefore);
    expect(bytesEach).toBeLessThan(3000); // what one of them takes while it is under way is several times that
    memory.close();
  } finally {
    program.process.kill("SIGKILL");
    await program.exit;
  }
});

describe("a configuration that cannot work", () => {
  test("is told in one message that lists every problem; the exit code is 1 and nothing was started", async () => {
    const port = await freePort();
    const program = spawnProgram({
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

  test("in live mode names every variable that is missing at once", async () => {
    const program = spawnProgram({ PROVIDERS: "live" });
    expect(await program.exit).toBe(1);
    const missing = program
      .output()
      .match(/^ {2}(\w+)(?=: is required when PROVIDERS=live)/gm)
      ?.map((line) => line.trim());
    expect(missing).toEqual(
      expect.arrayContaining([
        "AVIBRA_BASE_URL",
        "AVIBRA_CLIENT_SECRET",
        "DATABASE_URL",
        "AVIBRA_WEBHOOK_PASSWORD",
        "DELBANK_API_KEY",
        "AUTH_ISSUER",
        "AUTH_JWKS_URL",
        "ROUTER_SECRETS",
      ]),
    );
  });

  test("in live mode a SQLite file that is written out is accepted with one warning line that names the variable", async () => {
    const { path: directory, remove: removeDirectory } = createTempDirectory("live");
    const [port, provider] = [await freePort(), "https://provider.test"];
    const program = spawnProgram({
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
    started.push(program);
    await waitFor(() => (program.output().includes('"msg":"listening"') ? true : undefined));
    const warnings = program
      .output()
      .split("\n")
      .filter((line) => line.includes("configuration warning"));
    expect(warnings.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ level: 40, problem: expect.stringMatching(/^DATABASE_URL: a SQLite file/) as string }),
    ]);
    program.process.kill("SIGTERM");
    expect(await program.exit).toBe(0);
    removeDirectory();
  });

  test("a sandbox, where anybody can sign a token, is refused a provider that is not this machine's own", async () => {
    const program = spawnProgram({ DELBANK_BASE_URL: "https://bank.test/baas/api/v1" });
    expect(await program.exit).toBe(1);
    expect(program.output()).toContain("DELBANK_BASE_URL: must be a loopback address with PROVIDERS=sandbox");
  });

  test("a key that cannot be a header, a file that is no PEM and a key of the wrong length are told together", async () => {
    const program = spawnProgram({
      AVIBRA_API_KEY: "k\u00e9y",
      DELBANK_CA_FILE: "package.json",
      LEDGER_KEY: "c2hvcnQ",
    });
    expect(await program.exit).toBe(1);
    expect(program.output().split("\n").slice(1, -1)).toEqual([
      "  AVIBRA_API_KEY: must be visible ASCII: it is sent as a header",
      "  DELBANK_CA_FILE: names a file that is not PEM",
      "  LEDGER_KEY: must be 32 bytes in base64",
    ]);
  });

  test("the sandbox is refused in production, unless it is allowed by name", async () => {
    const refused = spawnProgram({ NODE_ENV: "production" });
    expect(await refused.exit).toBe(1);
    expect(refused.output()).toContain("ALLOW_SANDBOX_IN_PRODUCTION=true");
    const allowed = await startAndWait({ NODE_ENV: "production", ALLOW_SANDBOX_IN_PRODUCTION: "true" });
    allowed.process.kill("SIGTERM");
    expect(await allowed.exit).toBe(0);
  });

  test("a host that is no address of this machine is reported in one sentence", async () => {
    const program = spawnProgram({ HOST: "256.1.1.1", PORT: `${await freePort()}` });
    started.push(program);
    expect(await program.exit).toBe(1);
    expect(program.output()).toMatch(
      /^The configuration is not valid:\n {2}HOST, PORT: the address cannot be listened on \(E\w+\)\n$/,
    );
  });

  test("a port that is taken is told in one line", async () => {
    const first = await startAndWait();
    const second = spawnProgram({
      PORT: new URL(first.url).port,
      AVIBRA_SANDBOX_PORT: new URL(first.avibraUrl).port,
      DELBANK_SANDBOX_PORT: /Delbank\s+http:\/\/127\.0\.0\.1:(\d+)/.exec(first.output())?.[1] ?? "",
    });
    expect(await second.exit).toBe(1);
    expect(second.output()).toBe(`The configuration is not valid:\n  PORT: ${new URL(first.url).port} is in use\n`);
    first.process.kill("SIGTERM");
    await first.exit;
  });
});
