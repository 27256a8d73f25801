import { findCanaries as search, dumpDatabase as dump } from "../kit/security/canaries";
import { type Databases, startDatabases } from "../kit/start/databases";
import { waitForReconciled } from "../kit/operations/reconciled";
import { startTcpSwitch } from "../kit/network/tcp-switch";
import { sendMutation, type MutationCase, findMutation, MUTATIONS } from "../kit/seeds/mutations";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { PAYER_TAX_ID } from "../kit/seeds/ids";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const PERSON = {
  firstName: "Canariana",
  lastName: "Passarinho",
  email: "canary.mail@canary-host.example",
  phone: "+5511900011122",
};
const REST = {
  birthDate: "1977-07-17",
  address: {
    line1: "Rua dos Canarios 77",
    line2: "Fundos Amarelos",
    city: "Gaiolandia",
    state: "Piauilandia",
    postalCode: "64099-777",
    country: "Brasilandia",
  },
};
const COMPANY_TAX_ID = "12345678000195";
const KEY_PREFIX = "canary-key-";
const CANARIES = [
  ...Object.values(PERSON),
  REST.birthDate,
  ...Object.values(REST.address),
  PAYER_TAX_ID,
  PAYER_TAX_ID.replace(/^0/, ""), // as Delbank writes it
  COMPANY_TAX_ID,
  KEY_PREFIX,
];

const canariesIn = (text: string, canaries: readonly string[] = CANARIES) => search(text, canaries);

const PLANTED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  createUser: { ...PERSON, ...REST },
  updateUser: PERSON,
  prefillUser: { ...PERSON, ...REST },
};
const inputOf = ({ name, input }: MutationCase) => ({ ...input, ...PLANTED[name], idempotencyKey: KEY_PREFIX + name });

const DIALECTS = ["sqlite", "postgres"] as const;
let databases: Databases;

test("the search for canaries finds one in every encoding", () => {
  expect(canariesIn(`x${PERSON.email.toUpperCase()}y`)).toEqual([PERSON.email]);
  for (const before of ["", "a", "ab"]) {
    const text = `${before}${PERSON.email}z`;
    for (const encoding of ["base64", "base64url"] as const) {
      expect(canariesIn(Buffer.from(text).toString(encoding))).toEqual([PERSON.email]);
    }
    expect(canariesIn(encodeURIComponent(text))).toEqual([PERSON.email]);
    expect(canariesIn(JSON.stringify(JSON.stringify({ text })))).toEqual([PERSON.email]);
  }
});

/** A subgraph whose providers' responses were outstanding, then lost, and found again. */
interface Recovered {
  readonly subgraph: TestSubgraph;
  readonly url: string;
  /** The database while every response was outstanding, and when every operation was settled. */
  readonly during: string;
  readonly after: string;
  readonly portalUrls: readonly string[];
}

const VENDORS = ["avibra", "delbank"] as const;
const stops: (() => Promise<unknown>)[] = [];

async function recover(dialect: (typeof DIALECTS)[number]): Promise<Recovered> {
  const url = await databases.createDatabase(dialect);
  const switches = { avibra: await startTcpSwitch(), delbank: await startTcpSwitch() };
  const subgraph = await startSubgraph({
    DATABASE_URL: url,
    AVIBRA_BASE_URL: switches.avibra.url,
    DELBANK_BASE_URL: `${switches.delbank.url}/baas/api/v1`,
    LOG_LEVEL: "trace",
    RECONCILE_INTERVAL_MS: "100",
    RETRY_PERCENT: "100",
  });
  stops.push(() => subgraph.stop(), ...VENDORS.map((vendor) => () => switches[vendor].close()));
  for (const vendor of VENDORS) switches[vendor].setTarget(subgraph[vendor].url);
  for (const { vendor, method, path } of MUTATIONS) {
    await subgraph[vendor].addFault({ match: { method, path }, kind: "hangAfterCommit" });
  }
  const responses = Promise.all(
    MUTATIONS.map((mutation) => sendMutation(subgraph, mutation, { input: inputOf(mutation) })),
  );
  await waitFor(async () => {
    const [avibra, delbank] = await Promise.all([subgraph.avibra.requests("/user"), subgraph.delbank.requests()]);
    return avibra.length === 6 && delbank.some(({ method }) => method === "POST") ? true : undefined;
  });
  const during = await dump(url);
  // Every response is lost.
  for (const vendor of VENDORS) {
    await switches[vendor].close();
    await switches[vendor].open();
  }
  const portalUrls: string[] = [];
  for (const [index, { data, errors }] of (await responses).entries()) {
    expect(errors).toBeUndefined();
    const payload = data[MUTATIONS[index]?.name ?? ""];
    if (payload.portalUrl) portalUrls.push(payload.portalUrl);
    const { id, status } = payload.operation as { id: string; status: string };
    if (status !== "SUCCEEDED") await waitForReconciled(subgraph, id);
  }
  return { subgraph, url, during, after: await dump(url), portalUrls };
}

const recovered = new Map<string, Recovered>();
beforeAll(async () => {
  databases = await startDatabases();
  await Promise.all(DIALECTS.map(async (dialect) => recovered.set(dialect, await recover(dialect))));
});
afterAll(async () => {
  for (const stop of stops) await stop();
  await databases.stop();
});

describe.each(DIALECTS)("with %s", (dialect) => {
  let subgraph: TestSubgraph;
  let url: string;
  let during: string;
  let after: string;
  let portalUrls: readonly string[];
  beforeAll(() => {
    const all = recovered.get(dialect);
    if (!all) throw new Error("not recovered");
    ({ subgraph, url, during, after, portalUrls } = all);
  });

  test("every mutation is stored, encrypted, while its response is outstanding", () => {
    for (const { kind } of MUTATIONS) expect(during).toContain(kind);
    expect(during.split("v1.").length).toBeGreaterThan(MUTATIONS.length * 2);
  });

  test("the provider received the planted values", async () => {
    const { users } = await subgraph.avibra.state();
    expect(users?.find(({ userId }) => userId === "m-create").profile).toMatchObject(PERSON);
  });

  test("no name, e-mail, phone, tax id, address or key is in the database before settlement", () => {
    expect(canariesIn(during)).toEqual([]);
  });

  test("no planted value and no portal token is in the database after settlement", async () => {
    const tokens = ((await subgraph.avibra.state()).linkTokens ?? []).map(({ token }) => token);
    expect(tokens.length).toBeGreaterThan(0);
    expect(portalUrls).toHaveLength(1);
    expect(canariesIn(after, [...CANARIES, ...tokens, ...tokens.map((token) => token.slice(-20))])).toEqual([]);
  });

  test("no input is stored after settlement, not even encrypted", async () => {
    if (dialect === "postgres") {
      const rows = after.split("\n").filter((line) => line.includes('"encrypted_input"'));
      expect(rows).toHaveLength(MUTATIONS.length);
      for (const row of rows) expect(JSON.parse(row)).toMatchObject({ status: "SUCCEEDED", encrypted_input: null });
      return;
    }
    const { DatabaseSync } = await import("node:sqlite");
    const file = new DatabaseSync(url.slice("sqlite:".length), { readOnly: true });
    const rows = file.prepare("select status, encrypted_input from operation").all();
    file.close();
    expect(rows).toHaveLength(MUTATIONS.length);
    for (const row of rows) expect({ ...row }).toEqual({ status: "SUCCEEDED", encrypted_input: null });
  });

  test("rejected and invalid mutations leave no planted value in the database", async () => {
    const pix = findMutation("cancelPixAuthorization");
    const update = findMutation("updateUser");
    const staff = { ...PAYER_CLAIMS, scope: "pix:cancel:any" };
    const mismatch = { requesterType: "LEGAL", requesterDocument: "01234567000195" };
    await subgraph.delbank.reset();
    await sendMutation(subgraph, pix, {
      input: { ...inputOf(pix), ...mismatch, idempotencyKey: "canary-key-2" },
      claims: staff,
    });
    await sendMutation(subgraph, update, { input: { ...inputOf(update), lastName: "Passarinho\n" } });
    await sendMutation(subgraph, update, { input: { ...inputOf(update), lastName: "Passarinho Outro" } });
    const body = { errorcode: "400", errormessage: `${PERSON.email} is not known` };
    await subgraph.avibra.addFault({ match: { path: update.path }, kind: "status", status: 400, body });
    await sendMutation(subgraph, update, { input: { ...inputOf(update), idempotencyKey: "canary-key-3" } });
    expect(canariesIn(await dump(url), [...CANARIES, "01234567000195"])).toEqual([]);
  });

  test("the log at trace level holds no planted value and no credential", async () => {
    const log = subgraph.logs.join("\n");
    expect(log).toContain("avibra.user.create"); // it does log
    const received = [...(await subgraph.avibra.requests()), ...(await subgraph.delbank.requests())];
    const secrets = received.flatMap(({ headers }) =>
      ["authorization", "x-api-key", "x-delbank-api-key"].flatMap((name) => headers[name] ?? []),
    );
    const tokens = ((await subgraph.avibra.state()).linkTokens ?? []).map(({ token }) => token);
    const bearer = await subgraph.token(PAYER_CLAIMS);
    expect(canariesIn(log, [...CANARIES, ...tokens, ...new Set(secrets), bearer.slice(0, 60)])).toEqual([]);
  });
});
