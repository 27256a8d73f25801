import { type Sandboxes, startSandboxes } from "../../src/sandbox";
import { type ProviderState, createSandboxControl } from "../kit/sandbox-control";
import { type Databases, startDatabases } from "../kit/start/databases";
import { TEST_ENCRYPTION_KEY } from "../kit/operations/test-store";
import { waitFor } from "../kit/wait-for";
import { type GraphqlResponse } from "../kit/http/graphql-client";
import { type RunningProgram, startProgram } from "../kit/start/program";
import { createTempDirectory } from "../kit/temp";

jest.setTimeout(120_000);

const SEED = 20_260_105;
const CLAIMS = {
  sub: "back-office",
  scope: "users:read:any users:write:any pix:cancel pix:cancel:any pix:read:any",
};
const ENVIRONMENT = {
  REQUEST_TIMEOUT_MS: "3000",
  OPERATION_LEASE_MS: "4000",
  AVIBRA_TIMEOUT_MS: "800",
  DELBANK_TIMEOUT_MS: "800",
  RECONCILE_INTERVAL_MS: "100",
  LEDGER_KEY: TEST_ENCRYPTION_KEY,
};
/** Mutations under way at once; each is sent to three processes. */
const AT_A_TIME = 12;
/** After so many the first process is killed. */
const KILLED_AFTER = 120;

interface Mutation {
  readonly idempotencyKey: string;
  readonly vendor: "avibra" | "delbank";
  readonly field: string;
  readonly inputType: string;
  readonly input: Readonly<Record<string, string>>;
  /** Who is changed. */
  readonly subject: string;
}

function avibra(field: string, inputType: string, input: Mutation["input"] & { userId: string }): Mutation {
  const idempotencyKey = `press-${field}-${Object.values(input).join("-").replaceAll(" ", "_")}`;
  return { vendor: "avibra", field, inputType, idempotencyKey, input, subject: input.userId };
}

function cancelPix(recurrenceId: string, requesterType: string, requesterDocument: string, reason: string): Mutation {
  const input = { recurrenceId, requesterType, requesterDocument, reason };
  const names = {
    vendor: "delbank",
    field: "cancelPixAuthorization",
    inputType: "CancelPixAuthorizationInput",
  } as const;
  return { ...names, idempotencyKey: `press-${recurrenceId}`, input, subject: recurrenceId };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** 300 mutations, each with one effect of its own: every order of them is possible. */
const MUTATIONS: readonly Mutation[] = [
  ...numbers(215).map((n) =>
    avibra("createUser", "CreateUserInput", {
      userId: `new-${n}`,
      firstName: "Ana",
      lastName: `Souza ${n}`,
      email: `ana.${n}@example.com`,
    }),
  ),
  ...numbers(40).map((n) => avibra("prefillUser", "PrefillUserInput", { userId: `soon-${n}`, firstName: "Bia" })),
  ...numbers(39).map((n) => avibra("updateUser", "UpdateUserInput", { userId: "u-1004", lastName: `Rocha ${n}` })),
  avibra("changeOffer", "ChangeOfferInput", { userId: "u-1001", offerId: "premium", direction: "UPGRADE" }),
  avibra("changeOffer", "ChangeOfferInput", { userId: "u-1002", offerId: "plus", direction: "UPGRADE" }),
  avibra("createUser", "CreateUserInput", {
    userId: "u-1003",
    firstName: "Carla",
    lastName: "Dias",
    email: "carla@example.com",
  }),
  cancelPix("RR0435879820240605njua7shf40o", "NATURAL", "04623217035", "REQUESTED_BY_PAYER"),
  cancelPix("RR3822485720260110legalpay001", "LEGAL", "01234567000195", "ACCOUNT_CLOSED"),
  cancelPix("RN3822485720260110pending0001", "LEGAL", "12345678000195", "NO_RESPONSE_TO_PAIN009"),
];

/** Failures at Avibra, before and after the effect; every request meets one with about a third's chance. */
const AVIBRA_FAULTS = [
  { kind: "status", status: 500 },
  { kind: "status", status: 503, headers: { "retry-after": "0" } },
  { kind: "status", status: 429, headers: { "retry-after": "1" } },
  { kind: "status", status: 401 },
  { kind: "resetBeforeCommit" },
  { kind: "resetAfterCommit" },
  { kind: "hangBeforeCommit" },
  { kind: "hangAfterCommit" },
  { kind: "truncatedBody" },
  { kind: "malformedJson" },
  { kind: "emptyBody" },
  { kind: "htmlBody" },
  { kind: "delay", delayMs: 300 },
].map((fault, index) => ({
  ...fault,
  match: { path: "/user/" },
  probability: 0.03,
  seed: SEED + index,
  times: 10_000,
}));

const DELBANK_PATH = "/baas/api/v1/automatic-pix/authorizations/";
/** Once each. Nothing that loses a POST before its effect: that ends as NEEDS_ATTENTION and is the kill test's matter. */
const DELBANK_FAULTS = [
  { match: { method: "POST", path: DELBANK_PATH }, kind: "resetAfterCommit" },
  { match: { method: "POST", path: DELBANK_PATH }, kind: "hangAfterCommit" },
  { match: { method: "GET", path: DELBANK_PATH }, kind: "status", status: 503, times: 2 },
  { match: { method: "GET", path: DELBANK_PATH }, kind: "hangBeforeCommit" },
];

/** mulberry32, as good as any: the same order for the same seed. */
function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ item }) => item);
}

function send(
  replica: RunningProgram,
  { field, inputType, idempotencyKey, input }: Mutation,
): Promise<GraphqlResponse> {
  const pix = field === "cancelPixAuthorization" ? "pixCancellation { id reason cancelledAt }" : "user { id }";
  const query = `mutation ($input: ${inputType}!) { payload: ${field}(input: $input) {
    operation { id kind status attempts createdAt settledAt idempotencyKey failure { code } } userErrors { code } ${pix} } }`;
  return replica.graphql(query, { variables: { input: { idempotencyKey, ...input } }, claims: CLAIMS });
}

describe("three processes on one PostgreSQL", () => {
  let databases: Databases;
  let sandboxes: Sandboxes;
  const { path: directory, remove: removeDirectory } = createTempDirectory("three");
  const replicas: RunningProgram[] = [];
  let restarted: Promise<void> | undefined;

  beforeAll(async () => {
    [databases, sandboxes] = await Promise.all([startDatabases(), startSandboxes({ avibraPort: 0, delbankPort: 0 })]);
  }, 60_000);

  afterAll(async () => {
    await restarted?.catch(() => undefined);
    for (const replica of replicas) await replica.kill();
    await sandboxes.close();
    await databases.stop();
    removeDirectory();
  });

  test("300 keys, each sent to all, through faults and a kill -9: 300 effects, none twice, one payload for a key", async () => {
    const startedAt = Date.now();
    const environment = {
      ...ENVIRONMENT,
      DATABASE_URL: await databases.createDatabase("postgres"),
      DATA_DIRECTORY: directory,
      AVIBRA_BASE_URL: sandboxes.avibra.url,
      DELBANK_BASE_URL: `${sandboxes.delbank.url}/baas/api/v1`,
    };
    replicas.push(...(await Promise.all([1, 2, 3].map(() => startProgram(environment)))));
    const [avibraControl, delbankControl] = [
      createSandboxControl(sandboxes.avibra.url),
      createSandboxControl(sandboxes.delbank.url),
    ];
    for (const fault of AVIBRA_FAULTS) await avibraControl.addFault(fault);
    for (const fault of DELBANK_FAULTS) await delbankControl.addFault(fault);

    // Who answers with an operation answers with the same one: its id by key.
    const ids = new Map<string, string>();
    let [cut, unsettled, begun] = [0, 0, 0];
    const waiting = shuffled(MUTATIONS, SEED);

    async function killAndRestart(): Promise<void> {
      await replicas[0]?.kill();
      replicas[0] = await startProgram(environment);
    }
    async function sendToAll(mutation: Mutation): Promise<void> {
      const answers = await Promise.all(
        shuffled(replicas, SEED + begun).map((replica) => send(replica, mutation).catch(() => undefined)),
      );
      for (const answer of answers) {
        if (!answer) {
          cut += 1; // the process was killed under it
          continue;
        }
        expect(answer.errors).toBeUndefined();
        const { operation, userErrors } = answer.data.payload;
        expect(operation).toMatchObject({ idempotencyKey: mutation.idempotencyKey, failure: null });
        expect(ids.get(mutation.idempotencyKey) ?? operation.id).toBe(operation.id);
        ids.set(mutation.idempotencyKey, operation.id);
        if (operation.status !== "SUCCEEDED") unsettled += 1;
        expect(userErrors).toEqual(
          operation.status === "PENDING" && userErrors.length > 0 ? [{ code: "OPERATION_IN_PROGRESS" }] : [],
        );
      }
    }
    async function press(): Promise<void> {
      for (let mutation = waiting.shift(); mutation; mutation = waiting.shift()) {
        begun += 1;
        if (begun === KILLED_AFTER) restarted = killAndRestart();
        await sendToAll(mutation);
      }
    }
    await Promise.all(Array.from({ length: AT_A_TIME }, () => press()));
    await restarted;
    await Promise.all(
      [sandboxes.avibra.url, sandboxes.delbank.url].map((url) =>
        fetch(`${url}/__sandbox/faults`, { method: "DELETE" }),
      ),
    );
    const sentMs = Date.now() - startedAt;

    // The same key to every process until all have settled it; then the three payloads are one.
    for (const mutation of MUTATIONS) {
      const payloads = await waitFor(async () => {
        const answers = await Promise.all(replicas.map((replica) => send(replica, mutation)));
        const statuses = answers.map(({ data }) => data.payload.operation.status as string);
        return statuses.every((status) => status === "SUCCEEDED") ? answers.map(({ data }) => data.payload) : undefined;
      }, 30_000);
      expect(payloads[0].operation.id).toBe(ids.get(mutation.idempotencyKey) ?? payloads[0].operation.id);
      ids.set(mutation.idempotencyKey, payloads[0].operation.id);
      expect(payloads[1]).toEqual(payloads[0]);
      expect(payloads[2]).toEqual(payloads[0]);
    }

    expect(new Set(ids.values()).size).toBe(300);
    const [{ commits: users }, { commits: cancellations }] = (await Promise.all(
      [sandboxes.avibra.url, sandboxes.delbank.url].map((url) => createSandboxControl(url).state()),
    )) as [ProviderState, ProviderState];
    const expectedUsers = MUTATIONS.filter(({ vendor }) => vendor === "avibra");
    expect(users.map(({ subject, idempotencyKey }) => `${subject} ${idempotencyKey}`).sort()).toEqual(
      expectedUsers.map(({ subject, idempotencyKey }) => `${subject} ${ids.get(idempotencyKey)}`).sort(),
    );
    const expectedCancellations = MUTATIONS.filter(({ vendor }) => vendor === "delbank").map(({ subject }) => subject);
    expect(cancellations.map(({ subject }) => subject).sort()).toEqual(expectedCancellations.sort());
    const posts = (await delbankControl.requests()).filter(({ method }) => method === "POST").map(({ path }) => path);
    expect(posts).toHaveLength(3);
    expect(new Set(posts).size).toBe(3);

    // The run was worth something: the kill cut requests off, faults left operations open, and requests were repeated.
    const writes = (await avibraControl.requests("/user/")).length;
    expect(cut).toBeGreaterThan(0);
    expect(unsettled).toBeGreaterThan(0);
    expect(writes).toBeGreaterThan(expectedUsers.length + 50);
    process.stdout.write(
      `\n300 keys to 3 processes: ${users.length + cancellations.length} effects, ${writes} requests to Avibra, ${posts.length} POSTs to Delbank, ` +
        `${cut} answers cut by the kill, ${unsettled} answers unsettled; sent in ${sentMs} ms, all in ${Date.now() - startedAt} ms\n`,
    );
  });
});
