import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Environment } from "../../src/config/environment";
import { type LiveEnvironment, startLiveEnvironment } from "../kit/start/live-environment";
import { sendEveryMutation, READ_QUERY } from "../kit/security/misuse";
import { findCanaryOrigins, FORBIDDEN_VALUES, PERSON, SECRETS } from "../kit/security/canary-values";
import { waitFor } from "../kit/wait-for";
import { freePort } from "../kit/free-port";

let world: LiveEnvironment;
beforeAll(async () => (world = await startLiveEnvironment()));
afterAll(() => world.stop());

describe("a crash", () => {
  const CANARY = "cnry-in-the-crash";

  test.each([
    ["exception", "AxiosError"],
    ["rejection", "AxiosError"],
    ["text", undefined],
  ])("(%s) is one line of JSON without the error's text, headers or body, and exit code 1", async (crash, error) => {
    const subject = await world.start({
      ...world.environment(`sqlite:${join(world.folder, `${crash}.db`)}`),
      NODE_OPTIONS: `--import ${pathToFileURL(join(__dirname, "../kit/start/crash-hook.ts")).href}`,
      CRASH: crash,
      CRASH_CANARY: CANARY,
    });
    const before = subject.output();
    subject.process.kill("SIGUSR2");
    expect(await subject.exit).toBe(1);
    const lines = subject.output().slice(before.length).trim().split("\n");
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      level: 60,
      msg: "uncaught error, exiting",
      ...(error && { error }),
    });
    expect(findCanaryOrigins(subject.output(), { ...SECRETS, CANARY })).toEqual([]);
  });

  test("is not what a warning is: it is logged by its name, and the program goes on", async () => {
    const subject = await world.start({
      ...world.environment(`sqlite:${join(world.folder, "warning.db")}`),
      NODE_OPTIONS: `--import ${pathToFileURL(join(__dirname, "../kit/start/crash-hook.ts")).href}`,
      CRASH: "warning",
      CRASH_CANARY: CANARY,
    });
    subject.process.kill("SIGUSR2");
    await waitFor(() => (subject.output().includes("CanaryWarning") ? true : undefined));
    await subject.send({ method: "GET", path: "/health/live" });
    expect(findCanaryOrigins(subject.output(), { CANARY })).toEqual([]);
    subject.process.kill("SIGTERM");
    expect(await subject.exit).toBe(0);
  });
});

describe("a start that fails", () => {
  const CANARY = "cnry-at-start";
  const file = (name: string, text: string) => {
    writeFileSync(join(world.folder, name), text);
    return join(world.folder, name);
  };

  /** What the program says before it ends with 1. */
  async function failure(environment: Readonly<Record<string, string>>): Promise<string> {
    const program = world.run({
      AVIBRA_SANDBOX_PORT: `${await freePort()}`,
      DELBANK_SANDBOX_PORT: `${await freePort()}`,
      PORT: `${await freePort()}`,
      ...environment,
    });
    expect(await program.exit).toBe(1);
    return program.output();
  }

  test("over any variable never repeats its value", async () => {
    const names = Object.keys(Environment.shape).filter((name) => name !== "NODE_ENV" && name !== "DATA_DIRECTORY");
    const said = await failure(Object.fromEntries(names.map((name) => [name, `${CANARY}:\u0007 ü`])));
    expect(said).toContain("LEDGER_KEY: must be 32 bytes in base64");
    expect(findCanaryOrigins(said, { CANARY })).toEqual([]);
  });

  test.each([
    [
      "a database that is not there",
      () => ({ DATABASE_URL: `postgres://${CANARY}:${CANARY}@127.0.0.1:9/${CANARY}` }),
      "ECONNREFUSED",
    ],
    [
      "a database URL that is none",
      () => ({ DATABASE_URL: `postgres://${CANARY}:${CANARY}@[/` }),
      "DATABASE_URL: must be",
    ],
    [
      "credentials in a provider's URL",
      () => ({ AVIBRA_BASE_URL: `https://${CANARY}:${CANARY}@avibra.test` }),
      "AVIBRA_BASE_URL: must be an http or https URL without credentials",
    ],
    [
      "credentials in the key server's URL",
      () => ({ AUTH_JWKS_URL: `https://${CANARY}@keys.test` }),
      "AUTH_JWKS_URL: must be an http or https URL without credentials",
    ],
    [
      "a colon in a name for Basic credentials",
      () => ({ AVIBRA_LINK_USERNAME: `${CANARY}:x` }),
      "AVIBRA_LINK_USERNAME: must have neither a colon",
    ],
    [
      "a key file that is no PEM",
      () => ({ DELBANK_CLIENT_KEY_FILE: file("no.pem", CANARY), DELBANK_CLIENT_CERT_FILE: file("no2.pem", CANARY) }),
      "names a file that is not PEM",
    ],
    [
      "a file that is not there",
      () => ({ DELBANK_CA_FILE: join(world.folder, CANARY) }),
      "names a file that cannot be read",
    ],
    [
      "a developer's signing key that is broken",
      () => ({ DATA_DIRECTORY: (file("developer-issuer.json", CANARY), world.folder) }),
      "SyntaxError",
    ],
  ] as const)("over %s says so without a credential", async (_what, environment, says) => {
    const said = await failure(environment());
    expect(said).toContain(says);
    expect(findCanaryOrigins(said, { CANARY })).toEqual([]);
  });
});

test("credentials that both providers refuse are nowhere either", async () => {
  const refused = {
    AVIBRA_CLIENT_ID: "cnry-client-id",
    AVIBRA_CLIENT_SECRET: "cnry-client-secret",
    AVIBRA_API_KEY: "cnry-avibra-key",
    AVIBRA_PARTNER_NAME: "cnry-partner",
    AVIBRA_LINK_USERNAME: "cnry-link-user",
    AVIBRA_LINK_PASSWORD: "cnry-link-password",
    AVIBRA_WEBHOOK_USERNAME: "cnry-webhook-user",
    DELBANK_API_KEY: "cnry-delbank-key",
    DELBANK_ACCOUNT_ID: "cnry-account-id",
  };
  const subject = await world.start({ ...world.environment(`sqlite:${join(world.folder, "refused.db")}`), ...refused });
  const token = await world.keyServer.sign({ sub: "u-1001", tax_id: PERSON.payerTaxId, scope: "pix:cancel" });
  const { errors } = await subject.graphql(token, READ_QUERY);
  expect(errors.map(({ extensions }: any) => extensions.code)).toEqual(["PROVIDER_AUTH", "PROVIDER_AUTH"]); // eslint-disable-line @typescript-eslint/no-explicit-any -- JSON
  await sendEveryMutation(subject, token, "refused");
  subject.process.kill("SIGTERM");
  await subject.exit;
  expect(
    findCanaryOrigins([subject.output(), ...subject.responses].join("\n"), { ...refused, ...FORBIDDEN_VALUES }),
  ).toEqual([]);
});

test("a client key that cannot be read leaves nothing of itself in the log", async () => {
  const CANARY = "cnryInThePrivateKey";
  const file = join(world.folder, "broken.pem");
  writeFileSync(file, `-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----\n`);
  const subject = await world.start({
    ...world.environment(`sqlite:${join(world.folder, "key.db")}`),
    DELBANK_BASE_URL: "https://127.0.0.1:9",
    DELBANK_CLIENT_KEY_FILE: file,
    DELBANK_CLIENT_CERT_FILE: file,
  });
  const token = await world.keyServer.sign({ sub: "u-1001", scope: "pix:read:any" });
  const { errors } = await subject.graphql(token, READ_QUERY);
  expect(errors[0].extensions.code).toBe("PROVIDER_UNAVAILABLE");
  subject.process.kill("SIGTERM");
  expect(await subject.exit).toBe(0);
  expect(
    findCanaryOrigins([subject.output(), ...subject.responses].join("\n"), { ...FORBIDDEN_VALUES, CANARY }),
  ).toEqual([]);
});
