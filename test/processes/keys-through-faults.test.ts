import { type GraphqlResponse } from "../kit/http/graphql-client";
import { CANCELLED_MEMBER_ID, MEMBER_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { type RunningProgram } from "../kit/start/program";
import { waitFor } from "../kit/wait-for";
import { createReplicaCluster, PAST_LEASE_MS, type ReplicaCluster } from "./replica-cluster";

jest.setTimeout(600_000);

const SEED = 20_260_105;
const CLAIMS = {
  sub: "back-office",
  scope: "users:read:any users:write:any pix:cancel pix:cancel:any pix:read:any",
};
/** Avibra's responses that hang end by this timeout; a response that is too late on a busy machine is one more lost response. */
const ENVIRONMENT = { AVIBRA_TIMEOUT_MS: "2000" };
/** Mutations in flight; each is sent to three replicas. */
const CONCURRENCY = 12;
/** After so many mutations, the first replica is killed. */
const KILLED_AFTER = 40;

interface Mutation {
  readonly idempotencyKey: string;
  readonly vendor: "avibra" | "delbank";
  readonly field: string;
  readonly inputType: string;
  readonly input: Readonly<Record<string, string>>;
  /** The member or the authorization that is changed. */
  readonly subject: string;
}

function avibra(field: string, inputType: string, input: Mutation["input"] & { userId: string }): Mutation {
  const idempotencyKey = `key-${field}-${Object.values(input).join("-").replaceAll(" ", "_")}`;
  return { vendor: "avibra", field, inputType, idempotencyKey, input, subject: input.userId };
}

function cancelPix(recurrenceId: string, requesterType: string, requesterDocument: string, reason: string): Mutation {
  const input = { recurrenceId, requesterType, requesterDocument, reason };
  const names = {
    vendor: "delbank",
    field: "cancelPixAuthorization",
    inputType: "CancelPixAuthorizationInput",
  } as const;
  return { ...names, idempotencyKey: `key-${recurrenceId}`, input, subject: recurrenceId };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** 120 mutations, each with one effect of its own, in any order. */
const MUTATIONS: readonly Mutation[] = [
  ...numbers(84).map((n) =>
    avibra("createUser", "CreateUserInput", {
      userId: `new-${n}`,
      firstName: "Ana",
      lastName: `Souza ${n}`,
      email: `ana.${n}@example.com`,
    }),
  ),
  ...numbers(15).map((n) => avibra("prefillUser", "PrefillUserInput", { userId: `soon-${n}`, firstName: "Bia" })),
  ...numbers(15).map((n) =>
    avibra("updateUser", "UpdateUserInput", { userId: CANCELLED_MEMBER_ID, lastName: `Rocha ${n}` }),
  ),
  avibra("changeOffer", "ChangeOfferInput", { userId: MEMBER_ID, offerId: "premium", direction: "UPGRADE" }),
  avibra("changeOffer", "ChangeOfferInput", { userId: "u-1002", offerId: "plus", direction: "UPGRADE" }),
  avibra("createUser", "CreateUserInput", {
    userId: "u-1003",
    firstName: "Carla",
    lastName: "Dias",
    email: "carla@example.com",
  }),
  cancelPix(RECURRENCE_ID, "NATURAL", PAYER_TAX_ID, "REQUESTED_BY_PAYER"),
  cancelPix("RR3822485720260110legalpay001", "LEGAL", "01234567000195", "ACCOUNT_CLOSED"),
  cancelPix("RN3822485720260110pending0001", "LEGAL", "12345678000195", "NO_RESPONSE_TO_PAIN009"),
];

/** Failures at Avibra, before and after the effect; about a third of all requests fail. */
const AVIBRA_FAULTS = [
  { kind: "status", status: 500 },
  { kind: "status", status: 503, headers: { "retry-after": "0" } },
  { kind: "status", status: 429, headers: { "retry-after": "0" } },
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
  probability: fault.kind.startsWith("hang") ? 0.01 : 0.03,
  seed: SEED + index,
  times: 10_000,
}));

const DELBANK_PATH = "/baas/api/v1/automatic-pix/authorizations/";
/** None loses a POST before its effect: that operation would end as NEEDS_ATTENTION (kill.test.ts). */
const DELBANK_FAULTS = [
  { match: { method: "POST", path: DELBANK_PATH }, kind: "resetAfterCommit" },
  { match: { method: "POST", path: DELBANK_PATH }, kind: "truncatedBody" },
  { match: { method: "GET", path: DELBANK_PATH }, kind: "status", status: 503, times: 2 },
  { match: { method: "GET", path: DELBANK_PATH }, kind: "resetBeforeCommit" },
];

/** In the same random order for the same seed (mulberry32). */
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

describe("three replicas on one PostgreSQL", () => {
  let cluster: ReplicaCluster;
  beforeAll(async () => {
    cluster = await createReplicaCluster("postgres", { environment: ENVIRONMENT });
  });
  afterAll(() => cluster.stop());

  test("120 keys sent to every replica during provider faults and a kill -9 have 120 effects and one payload each", async () => {
    const killed = await cluster.start();
    const replicas = [killed, ...(await Promise.all([2, 3].map(() => cluster.start())))];
    for (const fault of AVIBRA_FAULTS) await cluster.avibra.addFault(fault);
    for (const fault of DELBANK_FAULTS) await cluster.delbank.addFault(fault);

    // Every response about a key has the same operation.
    const ids = new Map<string, string>();
    let [cut, unsettled, begun] = [0, 0, 0];
    const waiting = shuffled(MUTATIONS, SEED);
    let restarted: Promise<void> | undefined;

    async function killAndRestart(): Promise<void> {
      await killed.kill();
      replicas[0] = await cluster.start();
    }
    async function sendToAll(mutation: Mutation): Promise<void> {
      const responses = await Promise.all(
        shuffled(replicas, SEED + begun).map((replica) => send(replica, mutation).catch(() => undefined)),
      );
      for (const response of responses) {
        if (!response) {
          cut += 1; // its replica was killed
          continue;
        }
        expect(response.errors).toBeUndefined();
        const { operation, userErrors } = response.data.payload;
        expect(operation).toMatchObject({ idempotencyKey: mutation.idempotencyKey, failure: null });
        expect(ids.get(mutation.idempotencyKey) ?? operation.id).toBe(operation.id);
        ids.set(mutation.idempotencyKey, operation.id);
        if (operation.status !== "SUCCEEDED") unsettled += 1;
        expect(userErrors).toEqual(
          operation.status === "PENDING" && userErrors.length > 0 ? [{ code: "OPERATION_IN_PROGRESS" }] : [],
        );
      }
    }
    async function sendWaiting(): Promise<void> {
      for (let mutation = waiting.shift(); mutation; mutation = waiting.shift()) {
        begun += 1;
        if (begun === KILLED_AFTER) restarted = killAndRestart();
        await sendToAll(mutation);
      }
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, () => sendWaiting()));
    await restarted;
    await Promise.all([cluster.avibra.clearFaults(), cluster.delbank.clearFaults()]);
    await cluster.passTime(PAST_LEASE_MS, { pid: killed.process.pid ?? 0 });

    async function expectOnePayload(mutation: Mutation): Promise<void> {
      await waitFor(async () => {
        await cluster.makeDue();
        const operation = await cluster.store.findByKey(CLAIMS.sub, mutation.idempotencyKey);
        return operation?.settledAt ? true : undefined;
      });
      const responses = await Promise.all(replicas.map((replica) => send(replica, mutation)));
      const payloads = responses.map(({ data }) => data.payload);
      expect(payloads[0].operation.status).toBe("SUCCEEDED");
      expect(payloads[0].operation.id).toBe(ids.get(mutation.idempotencyKey) ?? payloads[0].operation.id);
      ids.set(mutation.idempotencyKey, payloads[0].operation.id);
      expect(payloads[1]).toEqual(payloads[0]);
      expect(payloads[2]).toEqual(payloads[0]);
    }
    const unread = [...MUTATIONS];
    async function readUnread(): Promise<void> {
      for (let mutation = unread.shift(); mutation; mutation = unread.shift()) await expectOnePayload(mutation);
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, () => readUnread()));

    expect(new Set(ids.values()).size).toBe(120);
    const [{ commits: users }, { commits: cancellations }] = await Promise.all([
      cluster.avibra.state(),
      cluster.delbank.state(),
    ]);
    const expectedUsers = MUTATIONS.filter(({ vendor }) => vendor === "avibra");
    expect(users.map(({ subject, idempotencyKey }) => `${subject} ${idempotencyKey}`).sort()).toEqual(
      expectedUsers.map(({ subject, idempotencyKey }) => `${subject} ${ids.get(idempotencyKey)}`).sort(),
    );
    const expectedCancellations = MUTATIONS.filter(({ vendor }) => vendor === "delbank").map(({ subject }) => subject);
    expect(cancellations.map(({ subject }) => subject).sort()).toEqual(expectedCancellations.sort());
    const posts = (await cluster.delbank.requests()).filter(({ method }) => method === "POST").map(({ path }) => path);
    expect(posts).toHaveLength(3);
    expect(new Set(posts).size).toBe(3);

    // The kill cut responses, faults left operations unsettled, and requests were repeated.
    const writes = (await cluster.avibra.requests("/user/")).length;
    expect(cut).toBeGreaterThan(0);
    expect(unsettled).toBeGreaterThan(0);
    expect(writes).toBeGreaterThan(expectedUsers.length + 20);
  });
});
