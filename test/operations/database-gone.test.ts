import { type OwnDatabases, startOwnDatabases } from "../kit/start/databases";
import { readMetric } from "../kit/http/metrics";
import { sendMutation, findMutation, MUTATIONS, OPERATION_FIELDS, fetchOperation } from "../kit/seeds/mutations";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { MEMBER_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

let databases: OwnDatabases;
let subgraph: TestSubgraph;
/** An operation that succeeded before the database stopped. */
let earlier: { readonly id: string };
/** The response for an id that PostgreSQL cannot store. */
let unstorableIdResponse: unknown;
const earlierInput = { userId: MEMBER_ID, lastName: "Before", idempotencyKey: "before" };
const updateUser = findMutation("updateUser");
const UNSETTLED = "benefits_pix_operations_unsettled";

beforeAll(async () => {
  databases = await startOwnDatabases();
  subgraph = await startSubgraph({ DATABASE_URL: await databases.createDatabase("postgres") });
  const { data } = await sendMutation(subgraph, updateUser, { input: earlierInput });
  earlier = data.updateUser.operation;
  // PostgreSQL's type text cannot contain NUL, so such an id must not reach the database.
  const response = await subgraph.graphql("query($id: ID!) { operation(id: $id) { id } }", {
    variables: { id: "\u0000" },
  });
  unstorableIdResponse = { data: response.data, errors: response.errors };
  // A poll during the mutation has counted it as PENDING; the next one counts it no more.
  await waitFor(
    async () => Object.values(await readMetric(subgraph, UNSETTLED)).every((count) => count === 0) || undefined,
  );
  await databases.stopPostgres();
});
afterAll(async () => {
  await subgraph.stop();
  await databases.stop();
});
beforeEach(() => Promise.all([subgraph.avibra.clearRequests(), subgraph.delbank.clearRequests()]));

/** The messages of the log lines of one level. */
const messages = (level: string) =>
  subgraph.logs
    .map((line) => JSON.parse(line) as { readonly level: string; readonly msg: string })
    .flatMap((line) => (line.level === level ? [line.msg] : []));
const ready = async () => {
  const response = await fetch(`${subgraph.url}/health/ready`);
  return { status: response.status, body: await response.json() };
};

test("operation(id) with an id that PostgreSQL cannot store returns null without an error", () => {
  expect(unstorableIdResponse).toEqual({ data: { operation: null }, errors: undefined });
});

describe("while PostgreSQL is stopped", () => {
  test.each(MUTATIONS)("$name fails with UNAVAILABLE and makes no provider call", async (mutation) => {
    const input = { ...mutation.input, idempotencyKey: `gone-${mutation.name}` };
    const { data, errors } = await sendMutation(subgraph, mutation, { input });
    expect(data).toBeNull();
    expect(errors).toMatchObject([
      { path: [mutation.name], extensions: { code: "UNAVAILABLE", retryable: true, requestId: expect.any(String) } },
    ]);
    expect(errors?.[0]?.message).toMatch(/same idempotencyKey/);
    expect(await subgraph.avibra.requests()).toEqual([]);
    expect(await subgraph.delbank.requests()).toEqual([]);
  });

  test("members, offers and authorizations are still readable; enrollment is UNKNOWN", async () => {
    const { data, errors } = await subgraph.graphql(
      `{ me { id enrollment { status } benefits { id } currentOffer { status } }
         pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status } }`,
      { claims: PAYER_CLAIMS },
    );
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      me: { id: MEMBER_ID, enrollment: { status: "UNKNOWN" }, currentOffer: { status: "ACTIVE" } },
      pixAuthorization: { status: "ACTIVE" },
    });
    expect(data.me.benefits).toHaveLength(4);
  });

  test("fields that read operations fail with UNAVAILABLE, and the others have data", async () => {
    const query = `query($id: ID!) { operation(id: $id) { ${OPERATION_FIELDS} } me { id } }`;
    const one = await subgraph.graphql(query, { variables: { id: earlier.id }, claims: PAYER_CLAIMS });
    expect(one).toMatchObject({
      data: { operation: null, me: { id: MEMBER_ID } },
      errors: [{ extensions: { code: "UNAVAILABLE", retryable: true } }],
    });
  });

  test("lists that are read from the database are null with UNAVAILABLE, not empty, and the fields beside them have data", async () => {
    const { data, errors } = await subgraph.graphql(
      `{ me { id operations { edges { cursor } pageInfo { hasNextPage } } events { edges { cursor } } benefits { id } }
         pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status cancellations { id } } }`,
      { claims: PAYER_CLAIMS },
    );
    expect(data).toEqual({
      me: { id: MEMBER_ID, operations: null, events: null, benefits: Array(4).fill({ id: expect.any(String) }) },
      pixAuthorization: { status: "ACTIVE", cancellations: null },
    });
    expect(errors).toHaveLength(3);
    expect(errors).toEqual(
      [
        ["me", "operations"],
        ["me", "events"],
        ["pixAuthorization", "cancellations"],
      ].map((path) =>
        expect.objectContaining({
          path,
          extensions: expect.objectContaining({ code: "UNAVAILABLE", retryable: true }),
        }),
      ),
    );
  });

  test("a scrape answers with what was read last, and the loss is logged once, not at each poll", async () => {
    const isUp = async () => (await readMetric(subgraph, "benefits_pix_database_up"))[""];
    await waitFor(async () => (await isUp()) === 0 || undefined);
    expect(await readMetric(subgraph, UNSETTLED)).toEqual(
      Object.fromEntries(["PENDING", "UNCONFIRMED", "NEEDS_ATTENTION"].map((status) => [`status="${status}"`, 0])),
    );
    expect(messages("error")).toEqual(["database lost"]);
    expect(messages("warn").filter((message) => /reading|polling/.test(message))).toEqual([]);
    // One for each failed request: without the stack, which is the same each time.
    const perRequest = subgraph.logs.filter((line) => line.includes("service unavailable"));
    expect(perRequest.length).toBeGreaterThan(0);
    for (const line of perRequest) {
      expect(JSON.parse(line)).toMatchObject({ requestId: expect.any(String) as string, code: "UNAVAILABLE" });
      expect(line).not.toContain('"stack"');
    }
  });

  test("/health/live is 200, and /health/ready is 503 and names the database", async () => {
    expect((await fetch(`${subgraph.url}/health/live`)).status).toBe(200);
    expect(await ready()).toMatchObject({ status: 503, body: { checks: { database: { ok: false } } } });
  });
});

describe("after PostgreSQL has started again", () => {
  beforeAll(() => databases.startPostgres());

  test("/health/ready is 200, and earlier operations are readable", async () => {
    const back = await waitFor(async () => {
      const response = await ready();
      return response.status === 200 ? response : undefined;
    });
    expect(back.body).toMatchObject({ checks: { database: { ok: true } } });
    expect(await fetchOperation(subgraph, earlier.id)).toEqual(earlier);
  });

  test("its return is logged once, and a scrape says that it is up", async () => {
    await waitFor(async () => (await readMetric(subgraph, "benefits_pix_database_up"))[""] === 1 || undefined);
    expect(messages("info").filter((message) => message.startsWith("database"))).toEqual(["database restored"]);
    expect(messages("error")).toEqual(["database lost"]);
    const connections = await readMetric(subgraph, "benefits_pix_database_connections");
    expect(Object.keys(connections).sort()).toEqual(['state="idle"', 'state="used"', 'state="waiting"']);
    expect((connections['state="idle"'] ?? 0) + (connections['state="used"'] ?? 0)).toBeGreaterThan(0);
  });

  test.each(MUTATIONS)("$name with the key that failed succeeds, with one effect", async (mutation) => {
    const input = { ...mutation.input, idempotencyKey: `gone-${mutation.name}` };
    const { data, errors } = await sendMutation(subgraph, mutation, { input });
    expect(errors).toBeUndefined();
    expect(data[mutation.name]).toMatchObject({ operation: { status: "SUCCEEDED", attempts: 1 }, userErrors: [] });
    expect(mutation.countEffects(await subgraph[mutation.vendor].state())).toBe(1);
  });
});
