import { getIntrospectionQuery } from "graphql";
import { MEMBER_ID } from "../kit/seeds/ids";
import { type LiveSubgraph, ROUTER, startLiveSubgraph } from "../kit/start/live-subgraph";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { ACCEPT_GRAPHQL_RESPONSE, type GraphqlResponse } from "../kit/http/graphql-client";

let live: LiveSubgraph;
let sandbox: TestSubgraph;
beforeAll(async () => {
  live = await startLiveSubgraph();
  sandbox = await startSubgraph();
});
afterAll(async () => {
  await live.stop();
  await sandbox.stop();
});

const router = { ...ROUTER, ...ACCEPT_GRAPHQL_RESPONSE };
const member = async () => {
  const token = await live.token({ sub: MEMBER_ID, scope: "users:read:any pix:read:any" });
  return { ...router, authorization: `Bearer ${token}` };
};
const asRouter = (query: string) => live.post(query, { claims: null, headers: router });
const asMember = async (query: string) => live.post(query, { claims: null, headers: await member() });

const SCHEMA_QUERIES = [
  getIntrospectionQuery(),
  "{ __schema { types { name } } }",
  '{ __type(name: "User") { fields { name } } }',
  "{ _service { sdl } }",
  "{ harmless: _service { harmless: sdl } }",
  "{ me { id benefits { id } } _service { sdl } }",
  "{ ... on Query { ... { _service { sdl } } } }",
  "{ ...Rest } fragment Rest on Query { __schema { queryType { name } } }",
  "query Other { me { id } } query Schema { _service { sdl } }",
];

describe("in live mode,", () => {
  test("a member's query is answered", async () => {
    expect(await (await asMember("{ me { id benefits { id } } __typename }")).json()).toMatchObject({
      data: { me: { id: MEMBER_ID }, __typename: "Query" },
    });
  });

  test.each(SCHEMA_QUERIES.map((query) => [query.replaceAll(/\s+/g, " ").slice(0, 40), query] as const))(
    "a schema query is FORBIDDEN for a member and returned to the router: %s",
    async (_shown, query) => {
      const body = { query, operationName: query.includes("query Schema") ? "Schema" : undefined };
      const send = (headers: Readonly<Record<string, string>>) =>
        fetch(`${live.url}/graphql`, {
          method: "POST",
          headers: { "content-type": "application/json", ...headers },
          body: JSON.stringify(body),
        });
      await live.avibra.clearRequests();
      const rejected = await send(await member());
      expect(rejected.status).toBe(403);
      const extensions = { code: "FORBIDDEN", retryable: false, requestId: expect.any(String) as string };
      expect(await rejected.json()).toEqual({
        errors: [{ message: "The caller does not have permission.", extensions }],
      });
      expect(await live.avibra.requests()).toEqual([]);

      const { data, errors } = (await (await send(router)).json()) as GraphqlResponse;
      expect(Object.values(data ?? {}).some((field) => field !== null)).toBe(true);
      const hasMemberField = query.startsWith("{ me");
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual(
        hasMemberField ? ["UNAUTHENTICATED"] : undefined,
      );
      expect((await send({})).status).toBe(401);
    },
  );

  test("a schema query by GET is FORBIDDEN for a member", async () => {
    const headers = { ...(await member()), "apollo-require-preflight": "1" };
    const response = await fetch(`${live.url}/graphql?query=${encodeURIComponent("{ _service { sdl } }")}`, {
      headers,
    });
    expect(response.status).toBe(403);
  });

  test("a schema query with the router's secret and an invalid Authorization header is rejected with 401", async () => {
    for (const authorization of ["", "Bearer x"]) {
      const headers = { ...router, authorization };
      expect((await live.post("{ _service { sdl } }", { claims: null, headers })).status).toBe(401);
    }
  });

  test.each([
    "{ mee { id } }",
    "{ me { benefitz { id } } }",
    '{ user(idd: "u-1001") { id } }',
    "{ ...F } fragment F on Usr { id }",
    '{ pixAuthorization(recurrenceId: "RR0435879820240605njua7shf40o") { stauts } }',
    "query($x: UserIdd) { me { id } }",
    "{ me @incude(if: true) { id } }",
    "{ me { benefits(status: ACTIV) { id } } }",
    'mutation { cancelUser(input: { idempotencyKey: "k", userIdd: "u-1001" }) { operation { id } } }',
    "mutation { cancelUser(input: {}) { operation { id } } }",
    "mutation { cancelUser { operation { id } } }",
    "{ user { id } }",
    "{ me }",
    'mutation { changeOffer(input: { idempotencyKey: "k", userId: "u-1001", offerId: "x", direction: UPGRAD }) { operation { id } } }',
  ])("an invalid document is rejected without a hint of the schema: %s", async (query) => {
    for (const send of [asMember, asRouter]) {
      const response = await send(query);
      const { errors } = (await response.json()) as GraphqlResponse;
      expect(response.status).toBe(400);
      expect([...new Set(errors?.map(({ message, extensions }) => `${extensions.code} ${message}`))]).toEqual([
        "GRAPHQL_VALIDATION_FAILED The document is not valid for this schema.",
      ]);
      expect(errors?.[0]).toHaveProperty("locations");
    }
  });
});

describe("in sandbox mode,", () => {
  test("a schema query is answered, with and without a token", async () => {
    for (const claims of [null, { sub: MEMBER_ID }]) {
      const { data } = await sandbox.graphql("{ _service { sdl } __schema { queryType { name } } }", { claims });
      expect(data).toMatchObject({ __schema: { queryType: { name: "Query" } } });
    }
  });

  test("a misspelled field is rejected with a suggestion", async () => {
    const { errors } = await sandbox.graphql("{ mee { id } }");
    expect(errors?.[0]?.message).toMatch(/Did you mean "me"/);
  });
});
