import { randomBytes } from "node:crypto";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Client } from "pg";
import { avibraCredentials } from "../../src/sandbox/avibra/credentials";
import { delbankCredentials } from "../../src/sandbox/delbank/credentials";
import { Environment } from "../../src/config";
import { type Sandboxes, startSandboxes } from "../../src/sandbox";
import { canariesIn, dumpDatabase } from "../support/canaries";
import { type Control, createControl } from "../support/control";
import { type Databases, startDatabases } from "../support/databases";
import { AUDIENCE, ISSUER, type KeyServer, startKeyServer } from "../support/key-server";
import { documentOf, MUTATIONS, RECURRENCE } from "../support/mutations";
import { eventually, freePort, type Program, startProgram } from "../support/program";

/** What must be nowhere: each names its origin. */
const SECRETS = {
  routerSecret: "cnry-router-secret-41",
  jwksQuery: "cnry-jwks-query-42",
  clientSecret: avibraCredentials.clientSecret,
  avibraApiKey: avibraCredentials.apiKey,
  linkPassword: avibraCredentials.linkPassword,
  webhookPassword: "cnry-webhook-password-43",
  delbankApiKey: delbankCredentials.apiKey,
  delbankAuthorization: "cnry-delbank-authorization-44",
  ledgerKey: randomBytes(32).toString("base64"),
  databasePassword: "cnry-database-password-45",
};
const PERSON = {
  firstName: "Cnryfirst",
  lastName: "Cnrylast",
  email: "cnry-email@cnry-host.example",
  phone: "+5511900099887",
  birthDate: "1971-03-29",
  line1: "Cnryline One 1",
  line2: "Cnryline Two 2",
  city: "Cnrycity",
  state: "Cnrystate",
  postalCode: "cnry-postal",
  country: "Cnrycountry",
  payerTaxId: "04623217035",
  payerTaxIdAsDelbankWritesIt: "4623217035",
  companyTaxId: "12345678000195",
  subjectThatIsNoMember: "cnry-subject@cnry-host.example",
  claim: "cnry-other-claim",
};
/** In inputs that are refused, and where nothing is expected to be. */
const REFUSED = {
  argument: "cnry argument!",
  variable: "cnry-unused-variable",
  literal: "cnry-literal",
  bodyMember: "cnry-body-member",
  malformed: "cnry-malformed-json",
  tooLarge: "cnry-too-large",
  contentType: "cnry-content-type",
  notFound: "cnry-not-found-path",
  query: "cnry-query-string",
  header: "cnry-some-header",
  malformedRequestId: "cnry request id!",
  extension: "cnry-extension",
  wrongRouterSecret: "cnry-wrong-router-secret",
  wrongToken: "cnry-wrong-token",
};
/** In answers of providers and of the key server. */
const PROVIDERS = {
  errorBody: "cnry-provider-error-body",
  html: "cnry-provider-html",
  header: "cnry-provider-header",
  tokenError: "cnry-token-endpoint-error",
  jwksError: "cnry-jwks-error",
};
/**
 * What an answer may hold, because the same caller has sent it or may read it: their idempotency key, and in a document's own
 * words its names. Not in the log, nor in the database.
 */
const ECHOED = { idempotencyKey: "cnry-idempotency-key", documentsOwnName: "cnryNameInTheDocument" };
const NOWHERE = { ...SECRETS, ...PERSON, ...REFUSED, ...PROVIDERS };

/** The origins of what is found. A caller's well-formed `x-request-id` is meant for both answers and log, and is not among them. */
function found(text: string, canaries: Readonly<Record<string, string>>): string[] {
  const values = canariesIn(text, Object.values(canaries));
  return Object.entries(canaries).flatMap(([origin, value]) => (values.includes(value) ? [origin] : []));
}

const PERSONAL_INPUT: Readonly<Record<string, Readonly<Record<string, unknown>>>> = (() => {
  const { firstName, lastName, email, phone, birthDate, line1, line2, city, state, postalCode, country } = PERSON;
  const names = { firstName, lastName, email, phone };
  const whole = { ...names, birthDate, address: { line1, line2, city, state, postalCode, country } };
  return { createUser: whole, prefillUser: whole, updateUser: names };
})();

let databases: Databases;
let sandboxes: Sandboxes;
let keyServer: KeyServer;
let avibra: Control;
let delbank: Control;
let folder: string;
/** Ended whatever happens: a test that fails leaves none behind. */
const started: Program[] = [];
beforeAll(async () => {
  [databases, sandboxes, keyServer] = await Promise.all([
    startDatabases(),
    startSandboxes({ avibraPort: 0, delbankPort: 0 }),
    startKeyServer(),
  ]);
  [avibra, delbank] = [createControl(sandboxes.avibra.url), createControl(sandboxes.delbank.url)];
  folder = mkdtempSync(join(tmpdir(), "canaries-"));
}, 60_000);
afterAll(async () => {
  for (const program of started) program.process.kill("SIGKILL");
  await Promise.all(started.map(({ exit }) => exit));
  keyServer.close();
  rmSync(folder, { recursive: true });
  await Promise.all([databases.stop(), sandboxes.close()]);
});

function liveEnvironment(databaseUrl: string): Record<string, string> {
  return {
    PROVIDERS: "live",
    LOG_LEVEL: "trace",
    DATABASE_URL: databaseUrl,
    LEDGER_KEY: SECRETS.ledgerKey,
    ROUTER_SECRETS: `another-secret,${SECRETS.routerSecret}`,
    AUTH_JWKS_URL: `${keyServer.url}/keys?key=${SECRETS.jwksQuery}`,
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
    AVIBRA_BASE_URL: avibra.url,
    AVIBRA_TOKEN_URL: `${avibra.url}/oauth2/token`,
    AVIBRA_CLIENT_ID: avibraCredentials.clientId,
    AVIBRA_CLIENT_SECRET: SECRETS.clientSecret,
    AVIBRA_SCOPE: avibraCredentials.scope,
    AVIBRA_API_KEY: SECRETS.avibraApiKey,
    AVIBRA_PARTNER_NAME: avibraCredentials.partnerName,
    AVIBRA_LINK_USERNAME: avibraCredentials.linkUsername,
    AVIBRA_LINK_PASSWORD: SECRETS.linkPassword,
    AVIBRA_PORTAL_URL: "https://portal.test/",
    AVIBRA_WEBHOOK_USERNAME: "webhook",
    AVIBRA_WEBHOOK_PASSWORD: SECRETS.webhookPassword,
    AVIBRA_TIMEOUT_MS: "500",
    DELBANK_BASE_URL: `${delbank.url}/baas/api/v1`,
    DELBANK_API_KEY: SECRETS.delbankApiKey,
    DELBANK_ACCOUNT_ID: delbankCredentials.accountId,
    DELBANK_AUTHORIZATION: SECRETS.delbankAuthorization,
    DELBANK_TIMEOUT_MS: "500",
    RECONCILE_INTERVAL_MS: "200",
    SHUTDOWN_DELAY_MS: "0",
  };
}

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** The running program, and everything it has ever answered. */
interface Subject extends Program {
  readonly answers: string[];
  send(sent: Sent): Promise<string>;
  graphql(token: string, query: string, more?: Record<string, unknown>): Promise<any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- JSON
}

async function startSubject(environment: Readonly<Record<string, string>>): Promise<Subject> {
  const port = await freePort();
  const program = startProgram({ ...environment, PORT: `${port}` });
  started.push(program);
  const answers: string[] = [];
  /** Over node:http, which sends what fetch would mend. */
  const send = ({ method = "POST", path = "/graphql", headers = {}, body }: Sent) =>
    new Promise<string>((resolve, reject) => {
      const all = { "router-authorization": SECRETS.routerSecret, "content-type": "application/json", ...headers };
      const request = httpRequest({ host: "127.0.0.1", port, method, path, headers: all, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          answers.push([response.statusCode, response.rawHeaders.join("\n"), text].join("\n"));
          resolve(text);
        });
      });
      request.on("error", reject).end(body);
    });
  await eventually(() => (program.output().includes('"listening"') ? true : undefined)).catch(() => {
    throw new Error(program.output());
  });
  return {
    ...program,
    answers,
    send,
    graphql: async (token, query, more) => {
      const body = JSON.stringify({ query, ...more });
      return JSON.parse(await send({ headers: { authorization: `Bearer ${token}` }, body }));
    },
  };
}

const FAILURES: readonly Record<string, unknown>[] = [
  ...[500, 400, 401, 403, 404, 409, 418, 429, 200].map((status) => ({
    kind: "status",
    status,
    body: { code: PROVIDERS.errorBody, message: PROVIDERS.errorBody, errormessage: PROVIDERS.errorBody },
    headers: { "x-provider": PROVIDERS.header, "retry-after": PROVIDERS.header, "set-cookie": PROVIDERS.header },
  })),
  { kind: "htmlBody", body: `<html>${PROVIDERS.html}</html>` },
  { kind: "wrongShape", body: JSON.stringify({ [PROVIDERS.errorBody]: PROVIDERS.errorBody }) },
  { kind: "malformedJson", body: `{"${PROVIDERS.errorBody}` },
  { kind: "truncatedBody", body: PROVIDERS.errorBody.repeat(10) },
  { kind: "redirect", headers: { location: `http://${PROVIDERS.header}.example/` } },
  { kind: "resetBeforeCommit" },
  { kind: "hangBeforeCommit" },
];

const READS = `{ me { benefits { id name } } pixAuthorization(recurrenceId: "${RECURRENCE}") { status payer { document name } } }`;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers as JSON
async function everyMutation(subject: Subject, token: string, key: string): Promise<any[]> {
  const answers = [];
  for (const mutation of MUTATIONS) {
    const idempotencyKey = `${ECHOED.idempotencyKey}-${mutation.name}-${key}`;
    const input = { ...mutation.input, ...PERSONAL_INPUT[mutation.name], idempotencyKey };
    answers.push(await subject.graphql(token, documentOf(mutation), { variables: { input } }));
  }
  return answers;
}

/** Requests that are wrong in every way, each with a canary in what is wrong. */
async function everyMistake(subject: Subject, token: string): Promise<void> {
  const ask = (query: string, more?: Record<string, unknown>) => subject.graphql(token, query, more);
  const types = [
    "UserId",
    "RecurrenceId",
    "CancellationId",
    "TaxId",
    "IdempotencyKey",
    "EmailAddress",
    "PhoneNumber",
    "Date",
    "OfferId",
    "Int",
    "BenefitStatus",
  ];
  for (const type of types)
    await ask(`query($x: ${type}!) { user(id: $x) { id } }`, { variables: { x: REFUSED.argument } });
  await ask("query($x: UserId!) { user(id: $x) { id } }", { variables: { x: REFUSED.argument } });
  await ask("query($x: RecurrenceId!) { pixAuthorization(recurrenceId: $x) { status } }", {
    variables: { x: { deep: REFUSED.argument } },
  });
  for (const mutation of MUTATIONS) {
    for (const member of Object.keys({ ...mutation.input, idempotencyKey: "" })) {
      const input = { idempotencyKey: "k", ...mutation.input, [member]: `${REFUSED.argument}\n` };
      await ask(documentOf(mutation), { variables: { input } });
    }
    const unknown = { ...mutation.input, idempotencyKey: "k", surprise: REFUSED.argument };
    await ask(documentOf(mutation), { variables: { input: unknown } });
  }
  await ask(`{ user(id: "${REFUSED.argument}") { id } }`);
  await ask(`{ me { benefits(status: "${REFUSED.literal}") { id } } }`);
  await ask(`{ me { id } "${REFUSED.literal}" }`);
  await ask(`{ me { id "${REFUSED.literal}`);
  await ask(`# ${REFUSED.literal}\n{ me { id } }`, { variables: { unused: REFUSED.variable } });
  await ask(`query ${ECHOED.documentsOwnName} { ${ECHOED.documentsOwnName}: me { ${ECHOED.documentsOwnName} } }`);
  await ask("{ me { id } }", { operationName: REFUSED.bodyMember });
  await ask("{ me { id } }", { operationName: { deep: REFUSED.bodyMember }, extensions: REFUSED.extension });
  await ask("{ me { id } }", { extensions: { persistedQuery: { version: 1, sha256Hash: REFUSED.extension } } });
  await ask("query($r: [_Any!]!) { _entities(representations: $r) { __typename } }", {
    variables: { r: [{ __typename: REFUSED.argument, id: REFUSED.argument }] },
  });
  await ask("query($r: [_Any!]!) { _entities(representations: $r) { ... on User { id } } }", {
    variables: { r: [{ __typename: "User", id: REFUSED.argument, email: PERSON.email }] },
  });

  const send = (sent: Sent) => subject.send(sent);
  await send({ body: `{"query": ${REFUSED.malformed}` });
  await send({ body: REFUSED.malformed });
  await send({
    body: Buffer.concat([
      Buffer.from(`{"query":"{ me { id } }","x":"${REFUSED.malformed}`),
      Buffer.of(0xff, 0xfe, 0x22, 0x7d),
    ]),
  });
  await send({ body: JSON.stringify([{ query: REFUSED.bodyMember }]) });
  await send({ body: `"${REFUSED.tooLarge.repeat(100_000)}"` });
  await send({ body: REFUSED.bodyMember, headers: { "content-type": REFUSED.contentType } });
  await send({ body: REFUSED.bodyMember, headers: { "content-type": `text/${REFUSED.contentType}` } });
  await send({
    method: "GET",
    path: `/${REFUSED.notFound}?${REFUSED.query}`,
    headers: { "x-request-id": REFUSED.malformedRequestId },
  });
  await send({ method: "GET", path: `/%zz${REFUSED.notFound}` });
  await send({
    method: "GET",
    path: `/graphql?query=${REFUSED.query}&variables=${REFUSED.query}`,
    headers: { "apollo-require-preflight": REFUSED.header },
  });
  await send({ method: "GET", path: `/graphql?query=%7Bme%7Bid%7D%7D&extensions=${REFUSED.query}` });
  await send({
    method: "PURGE",
    path: `/${REFUSED.notFound}`,
    headers: { cookie: REFUSED.header, referer: REFUSED.header, "user-agent": REFUSED.header },
  });
  await send({ body: '{"query":"{ __typename }"}', headers: { "router-authorization": REFUSED.wrongRouterSecret } });
  for (const authorization of [
    REFUSED.wrongToken,
    `Bearer ${REFUSED.wrongToken}`,
    `Basic ${REFUSED.wrongToken}`,
    `Bearer ${token}x`,
  ]) {
    await send({ headers: { authorization }, body: '{"query":"{ __typename }"}' });
  }
}

async function everyFailure(subject: Subject, token: string): Promise<void> {
  for (const [index, fault] of FAILURES.entries()) {
    for (const vendor of [avibra, delbank]) await vendor.fault({ match: {}, ...fault, times: 100 });
    await subject.graphql(token, READS);
    if (index % 4 === 0) await everyMutation(subject, token, `failure-${index}`);
    for (const vendor of [avibra, delbank]) await vendor.clearFaults();
    // A token that is refused is fetched anew: that fetch fails too.
    await avibra.fault({ match: { path: "/user/benefits" }, kind: "status", status: 401 });
    await avibra.fault({
      match: { path: "/oauth2/token" },
      ...fault,
      ...(fault["body"] !== undefined && { body: PROVIDERS.tokenError }),
    });
    await subject.graphql(token, READS);
    await avibra.clearFaults();
  }
}

describe.each(["sqlite", "postgres"] as const)(
  "the built program on %s at trace level, with canaries in every input, credential and provider answer",
  (dialect) => {
    let databaseUrl: string;
    let subject: Subject;
    let token: string;
    /** The portal's link tokens and the caller's own bearer tokens: known only once they were made. */
    let issued: Record<string, string>;
    const stored: string[] = [];

    beforeAll(async () => {
      await Promise.all([avibra.reset(), delbank.reset()]);
      databaseUrl = await databases.fresh(dialect);
      if (dialect === "postgres") {
        const client = new Client({ connectionString: databaseUrl });
        await client.connect();
        await client.query(`create role cnry_role superuser login password '${SECRETS.databasePassword}'`);
        await client.end();
        databaseUrl = databaseUrl.replace("tester:tester", `cnry_role:${SECRETS.databasePassword}`);
      }
      keyServer.failWith(PROVIDERS.jwksError);
      subject = await startSubject(liveEnvironment(databaseUrl));
      token = await keyServer.sign({
        sub: "u-1001",
        tax_id: PERSON.payerTaxId,
        scope: "pix:cancel",
        email: PERSON.email,
        name: PERSON.claim,
      });
      const noMember = await keyServer.sign({ sub: PERSON.subjectThatIsNoMember, tax_id: PERSON.companyTaxId });
      await subject.graphql(token, READS); // while the key server fails
      keyServer.failWith(undefined);

      const succeeded = await everyMutation(subject, token, "success");
      expect(succeeded.map(({ data }, index) => data?.[MUTATIONS[index]?.name ?? ""]?.operation?.status)).toEqual(
        MUTATIONS.map(() => "SUCCEEDED"),
      );
      await everyMutation(subject, token, "success"); // replays
      const { data } = await subject.graphql(token, READS);
      expect(data.me.benefits.length).toBeGreaterThan(0);
      await everyMutation(subject, noMember, "no-member");
      await everyMistake(subject, token);
      await everyFailure(subject, token);
      for (const path of ["/metrics", "/health/live", "/health/ready"]) await subject.send({ method: "GET", path });
      const tokens = ((await avibra.state()).linkTokens ?? []).map(({ token: linkToken }) => linkToken);
      expect(tokens.length).toBeGreaterThan(0);
      issued = {
        bearer: token.slice(-40),
        bearerClaims: token.slice(40, 120),
        bearerOfNoMember: noMember.slice(-40),
        ...Object.fromEntries(tokens.map((linkToken, index) => [`linkToken${index}`, linkToken])),
      };
      stored.push(await dumpDatabase(databaseUrl));

      // The ledger is lost, with the database's own words about it.
      if (dialect === "postgres") await databases.stopPostgres();
      else
        for (const end of ["", "-wal", "-shm"])
          renameSync(`${databaseUrl.slice(7)}${end}`, `${databaseUrl.slice(7)}-moved${end}`);
      const lost = await everyMutation(subject, token, "outage");
      expect(lost.map(({ errors }) => errors?.[0]?.extensions.code)).toEqual(MUTATIONS.map(() => "UNAVAILABLE"));
      await subject.send({ method: "GET", path: "/health/ready" });
      if (dialect === "postgres") await databases.startPostgres();
      subject.process.kill("SIGTERM");
      await subject.exit;
    }, 180_000);

    test("providers and ledger did receive what was planted", async () => {
      expect(stored[0]).toContain("CREATE_USER");
      const { users } = await avibra.state();
      const profile = JSON.stringify(users?.find(({ userId }) => userId === "m-create"));
      for (const value of [PERSON.firstName, PERSON.email, PERSON.city]) expect(profile).toContain(value);
      const received = JSON.stringify([...(await avibra.requests()), ...(await delbank.requests())]);
      for (const secret of [SECRETS.avibraApiKey, SECRETS.delbankApiKey, SECRETS.delbankAuthorization]) {
        expect(received).toContain(secret);
      }
    });

    test("stdout and stderr hold none, and are lines of JSON", () => {
      const output = subject.output();
      expect(output.length).toBeGreaterThan(10_000);
      expect(found(output, { ...NOWHERE, ...ECHOED, ...issued })).toEqual([]);
      for (const line of output.trim().split("\n")) expect(() => JSON.parse(line) as unknown).not.toThrow();
    });

    test("no answer, error, header, metric or health answer holds one; a portal link holds its token", () => {
      const links = subject.answers.filter((answer) => answer.includes("https://portal.test/"));
      const others = subject.answers.filter((answer) => !links.includes(answer)).join("\n");
      const { bearer = "", bearerClaims = "", bearerOfNoMember = "" } = issued;
      expect(found(others, { ...NOWHERE, ...issued })).toEqual([]);
      expect(found(links.join("\n"), { ...NOWHERE, bearer, bearerClaims, bearerOfNoMember })).toEqual([]);
    });

    test("the database holds none", () => {
      expect(found(stored.join("\n"), { ...NOWHERE, ...ECHOED, ...issued })).toEqual([]);
    });
  },
);

describe("a crash", () => {
  const CANARY = "cnry-in-the-crash";

  test.each([
    ["exception", "AxiosError"],
    ["rejection", "AxiosError"],
    ["text", undefined],
  ])("(%s) is one line of JSON without the error's text, headers or body, and exit code 1", async (crash, error) => {
    const subject = await startSubject({
      ...liveEnvironment("sqlite::memory:".replace(":memory:", join(folder, `${crash}.db`))),
      NODE_OPTIONS: `--import ${pathToFileURL(join(__dirname, "../support/crashing-process.ts")).href}`,
      CRASH: crash,
      CRASH_CANARY: CANARY,
    });
    const before = subject.output();
    subject.process.kill("SIGUSR2");
    expect(await subject.exit).toBe(1);
    const lines = subject.output().slice(before.length).trim().split("\n");
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: 60, msg: "crashed", ...(error && { error }) });
    expect(found(subject.output(), { ...SECRETS, CANARY })).toEqual([]);
  });

  test("is not what a warning is: it is logged by its name, and the program goes on", async () => {
    const subject = await startSubject({
      ...liveEnvironment(`sqlite:${join(folder, "warning.db")}`),
      NODE_OPTIONS: `--import ${pathToFileURL(join(__dirname, "../support/crashing-process.ts")).href}`,
      CRASH: "warning",
      CRASH_CANARY: CANARY,
    });
    subject.process.kill("SIGUSR2");
    await eventually(() => (subject.output().includes("CanaryWarning") ? true : undefined));
    await subject.send({ method: "GET", path: "/health/live" });
    expect(found(subject.output(), { CANARY })).toEqual([]);
    subject.process.kill("SIGTERM");
    expect(await subject.exit).toBe(0);
  });
});

describe("a start that fails", () => {
  const CANARY = "cnry-at-start";
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  /** What the program says before it ends with 1. */
  async function failure(environment: Readonly<Record<string, string>>): Promise<string> {
    const program = startProgram({
      AVIBRA_SANDBOX_PORT: `${await freePort()}`,
      DELBANK_SANDBOX_PORT: `${await freePort()}`,
      PORT: `${await freePort()}`,
      ...environment,
    });
    started.push(program);
    expect(await program.exit).toBe(1);
    return program.output();
  }

  test("over any variable never repeats its value", async () => {
    const names = Object.keys(Environment.shape).filter((name) => name !== "NODE_ENV" && name !== "DATA_DIRECTORY");
    const said = await failure(Object.fromEntries(names.map((name) => [name, `${CANARY}:\u0007 ü`])));
    expect(said).toContain("LEDGER_KEY: must be 32 bytes in base64");
    expect(found(said, { CANARY })).toEqual([]);
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
    ["a file that is not there", () => ({ DELBANK_CA_FILE: join(folder, CANARY) }), "names a file that cannot be read"],
    [
      "a developer's signing key that is broken",
      () => ({ DATA_DIRECTORY: (file("developer-issuer.json", CANARY), folder) }),
      "SyntaxError",
    ],
  ] as const)("over %s says so without a credential", async (_what, environment, says) => {
    const said = await failure(environment());
    expect(said).toContain(says);
    expect(found(said, { CANARY })).toEqual([]);
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
  const subject = await startSubject({ ...liveEnvironment(`sqlite:${join(folder, "refused.db")}`), ...refused });
  const token = await keyServer.sign({ sub: "u-1001", tax_id: PERSON.payerTaxId, scope: "pix:cancel" });
  const { errors } = await subject.graphql(token, READS);
  expect(errors.map(({ extensions }: any) => extensions.code)).toEqual(["PROVIDER_AUTH", "PROVIDER_AUTH"]); // eslint-disable-line @typescript-eslint/no-explicit-any -- JSON
  await everyMutation(subject, token, "refused");
  subject.process.kill("SIGTERM");
  await subject.exit;
  expect(found([subject.output(), ...subject.answers].join("\n"), { ...refused, ...NOWHERE })).toEqual([]);
});
