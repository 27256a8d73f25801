import { randomUUID } from "node:crypto";
import { MEMBER_ID, OTHER_TAX_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../../kit/seeds/ids";
import { ROUTER_SECRET } from "./compose";
import { EXAMPLES, expectDone } from "./examples";
import { sendRequest, type GatewayResponse, type Request, type Federation } from "./federation";
import { type Gateway, type GatewayOptions, type StartGateway } from "./gateway";

export const MEMBER = { sub: MEMBER_ID, tax_id: PAYER_TAX_ID };
const PAYER = { ...MEMBER, scope: "pix:cancel" };
const STAFF = { sub: "support", scope: "users:read:any pix:read:any" };
const BENEFITS = "/user/benefits/";
const CANCEL = `mutation($input: CancelPixAuthorizationInput!) { cancelPixAuthorization(input: $input) {
  operation { id status attempts } userErrors { code } pixCancellation { id } } }`;
const cancellation = (idempotencyKey: string) => ({
  input: {
    idempotencyKey,
    recurrenceId: RECURRENCE_ID,
    requesterType: "NATURAL",
    requesterDocument: PAYER_TAX_ID,
    reason: "REQUESTED_BY_PAYER",
  },
});

export interface GatewayClaimsOptions {
  /** Started and stopped by the suite, for all its gateways. */
  readonly federation: () => Federation;
  readonly start: StartGateway;
  /** Further starts of this gateway, each with something wrong. */
  readonly misconfigurations: readonly Misconfiguration[];
}

/** Of the router's secret, or of the keys of callers' tokens. */
type Misconfiguration = "no secret" | "another secret" | "no keys";

/** Tests of every gateway. Returns helpers for the tests of one gateway. */
export function describeGateway({ federation: getFederation, start, misconfigurations }: GatewayClaimsOptions) {
  let federation: Federation;
  let gateway: Gateway | undefined;
  const misconfigured = new Map<Misconfiguration, Gateway>();
  const running: Gateway[] = [];
  async function startGateway(options: Omit<GatewayOptions, "urls">): Promise<Gateway> {
    const started = await start({ urls: federation.urls, ...options });
    running.push(started);
    return started;
  }
  const through = (request: Request, by = gateway) => sendRequest(by?.url ?? "", federation.keys, request);
  const directly = (request: Request) =>
    sendRequest(`${federation.subgraph.url}/graphql`, federation.keys, {
      ...request,
      headers: { "router-authorization": ROUTER_SECRET },
    });
  /** The number of GraphQL requests to our subgraph since the start of the test. */
  const requestsToUs = () => federation.countRequestsToUs();
  const codes = ({ errors }: GatewayResponse) => errors?.map(({ extensions }) => extensions?.["code"]);
  const commits = async () => (await federation.subgraph.delbank.state()).commits.length;

  beforeAll(async () => {
    federation = getFederation();
    const right = { routerSecret: ROUTER_SECRET, keysUrl: federation.keys.url };
    const wrong: Record<Misconfiguration, Omit<GatewayOptions, "urls">> = {
      "no secret": { keysUrl: right.keysUrl },
      "another secret": { ...right, routerSecret: `${ROUTER_SECRET}x` },
      "no keys": { routerSecret: ROUTER_SECRET },
    };
    const starts = [
      startGateway(right).then((started) => void (gateway = started)),
      ...misconfigurations.map(async (one) => void misconfigured.set(one, await startGateway(wrong[one]))),
    ];
    await Promise.allSettled(starts); // so that `running` has each one that has started
    await Promise.all(starts);
  });
  afterAll(() => Promise.all(running.map((one) => one.stop())));
  beforeEach(async () => {
    const { subgraph, accounts, billing } = federation;
    await Promise.all([subgraph.avibra.reset(), subgraph.delbank.reset()]);
    for (const received of [subgraph.logs, accounts.received, billing.received]) received.length = 0;
  });

  test.each(EXAMPLES)(
    "the example $operation has the same data from the gateway as from the subgraph",
    async ({ query, caller, variables }) => {
      const input = variables["input"] as object | undefined;
      const ownInput = input && { input: { ...input, idempotencyKey: randomUUID() } }; // executed once for each gateway
      const request = { query, variables: { ...variables, ...ownInput }, claims: caller };
      const response = await through(request);
      expectDone(query, response);
      // The second request of a mutation is a replay.
      expect(response.data).toEqual((await directly(request)).data);
    },
  );

  test("a list of another subgraph's users costs one request to ours and one provider call per user, matched by ID", async () => {
    const query = "{ team { id displayName benefits { userId id } } }";
    const { data, errors } = await through({ query, claims: STAFF });
    expect(errors).toBeUndefined();
    const owners = data.team.map((one: { benefits: { userId: string }[] }) => one.benefits.map(({ userId }) => userId));
    expect(owners).toEqual([Array(4).fill("u-1001"), Array(2).fill("u-1002")]);
    expect(data.team.map(({ displayName }: { displayName: string }) => displayName)).toEqual(["Ana", "Bruno"]);
    expect(requestsToUs()).toBe(1);
    expect(await federation.subgraph.avibra.requests(BENEFITS)).toHaveLength(2);
  });

  test("another subgraph's field of a user costs one request to that subgraph and no provider call", async () => {
    const { data } = await through({ query: "{ me { id displayName } }", claims: MEMBER });
    expect(data).toEqual({ me: { id: "u-1001", displayName: "Ana" } });
    expect(federation.accounts.received).toHaveLength(1);
    expect(await federation.subgraph.avibra.requests(BENEFITS)).toEqual([]);
  });

  test("aliases that begin with two underscores, as Relay and Cosmo Router write them, are accepted", async () => {
    const query = `{ me { __isUser: __typename __internal__typename_placeholder: __typename __id: id displayName }
      team { __isNode: __typename benefits { __isBenefit: __typename __name: name } } }`;
    const { data, errors } = await through({ query, claims: STAFF });
    expect(errors).toBeUndefined();
    expect(data.me).toEqual({
      __isUser: "User",
      __internal__typename_placeholder: "User",
      __id: "support",
      displayName: "Somebody",
    });
    const [first] = data.team;
    expect(first.__isNode).toBe("User");
    expect(first.benefits).toHaveLength(4);
    for (const one of first.benefits) expect(one).toEqual({ __isBenefit: "Benefit", __name: expect.any(String) });
  });

  test("another subgraph's field receives the field of this subgraph's entity that it requires", async () => {
    const query = "{ invoices { id authorization { status yearlyAmount { amount currency } } } }";
    const { data } = await through({ query, claims: MEMBER });
    expect(data.invoices).toEqual([
      { id: "inv-1", authorization: { status: "ACTIVE", yearlyAmount: { amount: "238.80", currency: "BRL" } } },
      { id: "inv-2", authorization: null }, // unknown
    ]);
  });

  test("a field that another subgraph's field requires is fetched if the client does not select it", async () => {
    const query = "{ invoices { authorization { yearlyAmount { amount } } } }";
    const { data } = await through({ query, claims: MEMBER });
    expect(data.invoices[0]).toEqual({ authorization: { yearlyAmount: { amount: "238.80" } } });
  });

  test("a mutation sent twice with one idempotency key has one effect, and the second response equals the first", async () => {
    const request = { query: CANCEL, variables: cancellation("twice"), claims: PAYER };
    const first = await through(request);
    const second = await through(request);
    expect(first.data.cancelPixAuthorization).toMatchObject({ operation: { status: "SUCCEEDED" }, userErrors: [] });
    expect(second).toEqual(first);
    expect(await commits()).toBe(1);
  });

  test("if a provider fails, its field is null with code, retryable and request ID, and the other fields have data", async () => {
    await federation.subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "status", status: 500 });
    const response = await through({
      query: `{ me { id displayName currentOffer { status } } pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status } }`,
      claims: MEMBER,
      headers: { "x-request-id": "request-id.1" },
    });
    expect(response.data).toEqual({
      me: { id: "u-1001", displayName: "Ana", currentOffer: null },
      pixAuthorization: { status: "ACTIVE" },
    });
    expect(response.errors).toEqual([
      expect.objectContaining({
        path: ["me", "currentOffer"],
        extensions: expect.objectContaining({
          code: "PROVIDER_UNAVAILABLE",
          retryable: true,
          requestId: "request-id.1",
        }),
      }),
    ]);
  });

  const EVERYTHING = `{
    me { id displayName benefits { id } availableOffers { id } currentOffer { status }
      operations(first: 1) { edges { cursor } pageInfo { hasNextPage } } events(first: 1) { edges { cursor } } }
    team { displayName benefits { id } }
    pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status cancellations { id } }
    invoices { id authorization { status } } }`;
  const EMPTY_PAGE = { edges: expect.any(Array) };
  const AUTHORIZED = { pixAuthorization: { status: "ACTIVE", cancellations: [] } };
  const failing = { kind: "status", status: 500, times: 1000 };

  test("if Avibra fails, its lists are null with its code, and the fields of Delbank and of other subgraphs have data", async () => {
    await federation.subgraph.avibra.addFault({ match: { path: BENEFITS }, ...failing });
    const response = await through({ query: EVERYTHING, claims: { ...MEMBER, ...STAFF, sub: MEMBER_ID } });
    const failed = { benefits: null, availableOffers: null, currentOffer: null };
    expect(response.data).toMatchObject({
      me: { id: MEMBER_ID, displayName: "Ana", ...failed, operations: EMPTY_PAGE, events: EMPTY_PAGE },
      team: ["Ana", "Bruno"].map((displayName) => ({ displayName, benefits: null })),
      ...AUTHORIZED,
      invoices: [
        { id: "inv-1", authorization: { status: "ACTIVE" } },
        { id: "inv-2", authorization: null },
      ],
    });
    // Hive's JavaScript planner omits positions in lists, and adds an error of its own for the unknown authorization of an invoice.
    const errors = response.errors?.filter(({ path }) => path?.[0] !== "invoices");
    expect(new Set(errors?.map(({ path }) => path?.at(-1)))).toEqual(new Set(Object.keys(failed)));
    expect(new Set(errors?.map(({ extensions }) => extensions?.["code"]))).toEqual(new Set(["PROVIDER_UNAVAILABLE"]));
  });

  test("if Delbank fails, its fields are null with its code, and the fields of Avibra and of other subgraphs have data", async () => {
    await federation.subgraph.delbank.addFault({ match: {}, ...failing });
    const response = await through({ query: EVERYTHING, claims: { ...MEMBER, ...STAFF, sub: MEMBER_ID } });
    expect(response.data).toMatchObject({
      me: { id: MEMBER_ID, displayName: "Ana", currentOffer: { status: "ACTIVE" }, operations: EMPTY_PAGE },
      team: ["Ana", "Bruno"].map((displayName) => ({ displayName })),
      pixAuthorization: null,
      invoices: [
        { id: "inv-1", authorization: null },
        { id: "inv-2", authorization: null },
      ],
    });
    for (const list of [response.data.me.benefits, response.data.me.availableOffers, response.data.team[1].benefits])
      expect(list).not.toHaveLength(0);
    expect(new Set(codes(response))).toEqual(new Set(["PROVIDER_UNAVAILABLE"]));
  });

  test("a malformed ID is BAD_USER_INPUT, and a refusal that the user can act on is in userErrors", async () => {
    const malformed = await through({ query: '{ user(id: "no id!") { id } }', claims: MEMBER });
    expect(codes(malformed)).toEqual(["BAD_USER_INPUT"]);
    const claims = { sub: MEMBER_ID, tax_id: OTHER_TAX_ID, scope: "pix:cancel" };
    const { data } = await through({ query: CANCEL, variables: cancellation("not-mine"), claims });
    expect(data.cancelPixAuthorization.userErrors).toEqual([{ code: "NOT_FOUND" }]);
  });

  test("token and request ID reach every subgraph, the gateway's router secret reaches ours, a client's reaches none", async () => {
    const response = await through({
      query: "{ team { id benefits { id } } invoices { id } }",
      claims: STAFF,
      headers: { "x-request-id": "request-id.2", "router-authorization": "a-guess" },
    });
    expect(response.errors).toBeUndefined();
    expect(federation.subgraph.logs.filter((line) => line.includes('"requestId":"request-id.2"'))).not.toEqual([]);
    const otherRequests = [...federation.accounts.received, ...federation.billing.received];
    expect(otherRequests).toHaveLength(2);
    for (const headers of otherRequests) {
      expect(headers).toMatchObject({
        authorization: expect.stringMatching(/^Bearer /),
        "x-request-id": "request-id.2",
      });
      expect(headers).not.toHaveProperty("router-authorization");
    }
  });

  for (const misconfiguration of misconfigurations.filter((one) => one !== "no keys")) {
    test(`a gateway with ${misconfiguration} is rejected, even if its client sends the secret`, async () => {
      const request = {
        query: "{ me { id enrollment { status } } }",
        claims: MEMBER,
        headers: { "router-authorization": ROUTER_SECRET },
      };
      const response = await through(request, misconfigured.get(misconfiguration));
      expect(response.data?.me ?? null).toBeNull();
      const refusals = codes(response)?.filter((code) => code !== "SUBREQUEST_HTTP_ERROR"); // of some routers, beside ours
      expect(refusals).toHaveLength(1);
      const statuses = federation.subgraph.logs.flatMap(
        (line) => /"route":"\/graphql","status":(\d+)/.exec(line)?.[1] ?? [],
      );
      expect(new Set(statuses)).toEqual(new Set(["401"]));
    });
  }

  if (misconfigurations.includes("no keys")) {
    test("without enforcement by the gateway, the subgraph enforces tokens and scopes", async () => {
      const withoutKeys = misconfigured.get("no keys");
      const noToken = await through({ query: "{ me { id } }" }, withoutKeys);
      expect([noToken.data?.me ?? null, codes(noToken)]).toEqual([null, ["UNAUTHENTICATED"]]);
      const headers = { authorization: "Bearer forged" };
      const forged = await through({ query: "{ me { id } }", headers }, withoutKeys);
      expect([forged.data?.me ?? null, codes(forged)]).toEqual([null, ["UNAUTHENTICATED"]]);
      const noScope = { query: CANCEL, variables: cancellation("no-scope"), claims: MEMBER };
      expect(codes(await through(noScope, withoutKeys))).toEqual(["FORBIDDEN"]);
      expect(await federation.subgraph.avibra.requests(BENEFITS)).toEqual([]);
      expect(await federation.subgraph.delbank.requests()).toEqual([]);
    });
  }

  return { through, requestsToUs, url: () => gateway?.url ?? "" };
}
