import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Environment } from "../../src/config/environment";
import { freePort } from "../kit/free-port";
import { findCanaryOrigins, FORBIDDEN_VALUES, PERSON, SECRETS } from "../kit/security/canary-values";
import { READ_QUERY, sendEveryMutation } from "../kit/security/misuse";
import { MEMBER_ID } from "../kit/seeds/ids";
import { type LiveEnvironment, type LiveProgram, startLiveEnvironment } from "../kit/start/live-environment";
import { createTempDirectory, type TempDirectory } from "../kit/temp";
import { waitFor } from "../kit/wait-for";

let environment: LiveEnvironment;
let directory: TempDirectory;
beforeAll(async () => {
  directory = createTempDirectory("crashes");
  environment = await startLiveEnvironment();
});
/** A program that is still starting must have started before it can be stopped. */
const pending: Promise<unknown>[] = [];
afterAll(async () => {
  await Promise.allSettled(pending);
  await environment.stop();
  directory.remove();
});

function writeFile(name: string, text: string): string {
  writeFileSync(join(directory.path, name), text);
  return join(directory.path, name);
}

/** Programs start at the same time; a failure is the failure of the test that awaits it. */
function inBackground<Value>(promise: Promise<Value>): Promise<Value> {
  pending.push(promise);
  promise.catch(() => undefined);
  return promise;
}

describe("a running program", () => {
  const CRASH_CANARY = "cnry-in-the-crash";
  const REJECTED_CREDENTIALS = {
    AVIBRA_CLIENT_ID: "cnry-client-id",
    AVIBRA_CLIENT_SECRET: "cnry-wrong-client-secret",
    AVIBRA_API_KEY: "cnry-wrong-api-key",
    AVIBRA_LINK_USERNAME: "cnry-link-user",
    AVIBRA_WEBHOOK_USERNAME: "cnry-webhook-user",
    DELBANK_API_KEY: "cnry-delbank-key",
    DELBANK_ACCOUNT_ID: "cnry-account-id",
  };
  const KEY_CANARY = "cnryInThePrivateKey";
  /** Shared by tests, because a program takes seconds to start. */
  let programs: Readonly<Record<"rejected" | "brokenKey" | "exception" | "text", Promise<LiveProgram>>>;

  function start(name: string, crashes: string, variables: Readonly<Record<string, string>> = {}) {
    return inBackground(
      environment.start({
        ...environment.environment(`sqlite:${join(directory.path, `${name}.db`)}`),
        // Only a rejection can fail here, not a timeout of a slow machine.
        AVIBRA_TIMEOUT_MS: "300000",
        DELBANK_TIMEOUT_MS: "300000",
        REQUEST_TIMEOUT_MS: "400000",
        OPERATION_LEASE_MS: "500000",
        NODE_OPTIONS: `--import ${pathToFileURL(join(__dirname, "../kit/start/crash-hook.ts")).href}`,
        CRASH: crashes,
        CRASH_CANARY,
        ...variables,
      }),
    );
  }
  beforeAll(() => {
    const broken = writeFile("broken.pem", `-----BEGIN PRIVATE KEY-----\n${KEY_CANARY}\n-----END PRIVATE KEY-----\n`);
    programs = {
      rejected: start("rejected", "warning", REJECTED_CREDENTIALS),
      brokenKey: start("broken-key", "rejection", {
        DELBANK_BASE_URL: "https://127.0.0.1:9",
        DELBANK_CLIENT_KEY_FILE: broken,
        DELBANK_CLIENT_CERT_FILE: broken,
      }),
      exception: start("exception", "exception"),
      text: start("text", "text"),
    };
  });
  const originsIn = ({ output, responses }: LiveProgram, canaries: Readonly<Record<string, string>>) =>
    findCanaryOrigins([output(), ...responses].join("\n"), canaries);

  test("logs no credentials that both providers reject", async () => {
    const program = await programs.rejected;
    const token = await environment.keyServer.sign({
      sub: MEMBER_ID,
      tax_id: PERSON.payerTaxId,
      scope: "pix:cancel",
    });
    const { errors } = await program.graphql(token, READ_QUERY);
    expect(errors.map(({ extensions }: any) => extensions.code)).toEqual(["PROVIDER_AUTH", "PROVIDER_AUTH"]); // eslint-disable-line @typescript-eslint/no-explicit-any -- JSON
    await sendEveryMutation(program, token, "rejected");
    expect(originsIn(program, { ...REJECTED_CREDENTIALS, ...FORBIDDEN_VALUES })).toEqual([]);
  });

  test("logs nothing of a malformed client key", async () => {
    const program = await programs.brokenKey;
    const token = await environment.keyServer.sign({ sub: MEMBER_ID, scope: "pix:read:any" });
    const { errors } = await program.graphql(token, READ_QUERY);
    expect(errors[0].extensions.code).toBe("PROVIDER_UNAVAILABLE");
    expect(originsIn(program, { ...FORBIDDEN_VALUES, CANARY: KEY_CANARY })).toEqual([]);
  });

  test("logs only the name of a warning of Node.js, and continues", async () => {
    const program = await programs.rejected;
    program.process.kill("SIGUSR2");
    await waitFor(() => (program.output().includes("CanaryWarning") ? true : undefined));
    await program.send({ method: "GET", path: "/health/live" });
    expect(originsIn(program, { CRASH_CANARY })).toEqual([]);
  });

  test.each([
    ["an uncaught exception", "exception", "AxiosError"],
    ["an unhandled rejection", "brokenKey", "AxiosError"],
    ["an unhandled rejection with text", "text", undefined],
  ] as const)(
    "exits with code 1 on %s, after one line of JSON without the error's text, headers or body",
    async (_crash, name, error) => {
      const program = await programs[name];
      const before = program.output().length;
      program.process.kill("SIGUSR2");
      expect(await program.exit).toBe(1);
      const lines = program.output().slice(before).trim().split("\n");
      const entries = lines.map((line) => JSON.parse(line) as { readonly level: string });
      expect(entries.filter(({ level }) => level === "fatal")).toEqual([
        expect.objectContaining({ msg: "uncaught error, exiting", ...(error && { error }) }),
      ]);
      expect(originsIn(program, { ...SECRETS, ...REJECTED_CREDENTIALS, CRASH_CANARY, KEY_CANARY })).toEqual([]);
    },
  );

  test("exits with code 0 on SIGTERM and logs neither rejected credentials nor a warning's text", async () => {
    const program = await programs.rejected;
    program.process.kill("SIGTERM");
    expect(await program.exit).toBe(0);
    expect(originsIn(program, { ...REJECTED_CREDENTIALS, ...FORBIDDEN_VALUES, CRASH_CANARY })).toEqual([]);
  });
});

describe("a start that fails", () => {
  const CANARY = "cnry-at-start";
  type Failure = "everyVariable" | "configuration" | "database" | "developerKey";
  /** What each program has printed when it has exited with code 1. */
  let outputs: Readonly<Record<Failure, Promise<string>>>;

  async function run(variables: Readonly<Record<string, string>>): Promise<string> {
    const program = environment.run({
      AVIBRA_SANDBOX_PORT: `${await freePort()}`,
      DELBANK_SANDBOX_PORT: `${await freePort()}`,
      PORT: `${await freePort()}`,
      ...variables,
    });
    expect(await program.exit).toBe(1);
    return program.output();
  }
  beforeAll(() => {
    const names = Object.keys(Environment.shape).filter((name) => name !== "NODE_ENV" && name !== "DATA_DIRECTORY");
    writeFile("developer-issuer.json", CANARY);
    outputs = {
      everyVariable: inBackground(run(Object.fromEntries(names.map((name) => [name, `${CANARY}:\u0007 ü`])))),
      configuration: inBackground(
        run({
          DATABASE_URL: `postgres://${CANARY}:${CANARY}@[/`,
          AVIBRA_BASE_URL: `https://${CANARY}:${CANARY}@avibra.test`,
          AUTH_JWKS_URL: `https://${CANARY}@keys.test`,
          AVIBRA_LINK_USERNAME: `${CANARY}:x`,
          DELBANK_CLIENT_KEY_FILE: writeFile("key.pem", CANARY),
          DELBANK_CLIENT_CERT_FILE: writeFile("cert.pem", CANARY),
          DELBANK_CA_FILE: join(directory.path, CANARY),
        }),
      ),
      database: inBackground(run({ DATABASE_URL: `postgres://${CANARY}:${CANARY}@127.0.0.1:9/${CANARY}` })),
      developerKey: inBackground(run({ DATA_DIRECTORY: directory.path })),
    };
  });

  test.each([
    ["any variable", "everyVariable", "LEDGER_KEY: must be 32 bytes in base64"],
    ["a database URL that is not one", "configuration", "DATABASE_URL: must be"],
    [
      "credentials in a provider's URL",
      "configuration",
      "AVIBRA_BASE_URL: must be an http or https URL without credentials",
    ],
    [
      "credentials in the key server's URL",
      "configuration",
      "AUTH_JWKS_URL: must be an http or https URL without credentials",
    ],
    ["a colon in a name for Basic credentials", "configuration", "AVIBRA_LINK_USERNAME: must have neither a colon"],
    ["a key file that is not PEM", "configuration", "DELBANK_CLIENT_KEY_FILE: names a file that is not PEM"],
    ["a file that does not exist", "configuration", "DELBANK_CA_FILE: names a file that cannot be read"],
    ["a database that does not respond", "database", "ECONNREFUSED"],
    ["a developer's signing key that is malformed", "developerKey", "SyntaxError"],
  ] as const)("because of %s prints the reason and not the value", async (_what, failure, message) => {
    const output = await outputs[failure];
    expect(output).toContain(message);
    expect(findCanaryOrigins(output, { CANARY })).toEqual([]);
  });
});
