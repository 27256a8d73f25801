import { RECURRENCE_ID } from "../../kit/seeds/ids";
import { EXAMPLES, expectDone } from "./examples";
import {
  sendRequest,
  type GatewayResponse,
  type Request,
  ROUTER_SECRET,
  startFederation,
  type Federation,
} from "./federation";

export interface GatewayOptions {
  readonly urls: Readonly<Record<string, string>>;
  readonly routerSecret?: string;
  /** Where a gateway that can verify tokens, and enforce the directives, finds the keys; without it, it does neither. */
  readonly keysUrl?: string;
}
export interface Gateway {
  readonly url: string;
  stop(): Promise<void>;
}

const MEMBER = { sub: "u-1001", tax_id: "04623217035" };
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
    requesterDocument: "04623217035",
    reason: "REQUESTED_BY_PAYER",
  },
});

/**
 * What must hold behind every gateway, whoever wrote it. `start` is given where the subgraphs are.
 * Gives back what claims on one gateway alone need.
 */
export function describeGateway(start: (options: GatewayOptions) => Promise<Gateway>) {
  let federation: Federation;
  let gateway: Gateway | undefined;
  const through = (request: Request, by = gateway) => sendRequest(by?.url ?? "", federation.keys, request);
  const directly = (request: Request) =>
    sendRequest(`${federation.subgraph.url}/graphql`, federation.keys, {
      ...request,
      headers: { "router-authorization": ROUTER_SECRET },
    });
  /** Operations that our subgraph was sent, forgotten with the start of each test. */
  const requestsToUs = () => federation.subgraph.logs.filter((line) => line.includes('"route":"/graphql"')).length;
  const codes = ({ errors }: GatewayResponse) => errors?.map(({ extensions }) => extensions?.["code"]);
  const commits = async () => (await federation.subgraph.delbank.state()).commits.length;

  beforeAll(async () => {
    federation = await startFederation();
    gateway = await start({ urls: federation.urls, routerSecret: ROUTER_SECRET, keysUrl: federation.keys.url });
  }, 90_000);
  afterAll(async () => {
    await gateway?.stop(); // if it ever started
    await federation.stop();
  });
  beforeEach(async () => {
    const { subgraph, accounts, billing } = federation;
    await Promise.all([subgraph.avibra.reset(), subgraph.delbank.reset()]);
    for (const received of [subgraph.logs, accounts.received, billing.received]) received.length = 0;
  });

  test.each(EXAMPLES)("$operation answers what we answer", async ({ query, caller, variables }) => {
    const request = { query, variables, claims: caller };
    const response = await through(request);
    expectDone(query, response);
    // Of a mutation, the second is a replay: the same operation, the same outcome.
    expect(response.data).toEqual((await directly(request)).data);
  });

  test("a list of another team's users: one request to us, one provider call each, matched by id", async () => {
    const query = "{ team { id displayName benefits { userId id } } }";
    const { data, errors } = await through({ query, claims: STAFF });
    expect(errors).toBeUndefined();
    const owners = data.team.map((one: { benefits: { userId: string }[] }) => one.benefits.map(({ userId }) => userId));
    expect(owners).toEqual([Array(4).fill("u-1001"), Array(2).fill("u-1002")]);
    expect(data.team.map(({ displayName }: { displayName: string }) => displayName)).toEqual(["Ana", "Bruno"]);
    expect(requestsToUs()).toBe(1);
    expect(await federation.subgraph.avibra.requests(BENEFITS)).toHaveLength(2);
  });

  test("a user of ours has another team's field, for one request to them and no provider call", async () => {
    const { data } = await through({ query: "{ me { id displayName } }", claims: MEMBER });
    expect(data).toEqual({ me: { id: "u-1001", displayName: "Ana" } });
    expect(federation.accounts.received).toHaveLength(1);
    expect(await federation.subgraph.avibra.requests(BENEFITS)).toEqual([]);
  });

  test("aliases that begin with two underscores, as Relay and Cosmo Router write them, are answered", async () => {
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

  test("another team's entity leads to ours, and its field that requires ours is given it", async () => {
    const query = "{ invoices { id authorization { status yearlyAmount { amount currency } } } }";
    const { data } = await through({ query, claims: MEMBER });
    expect(data.invoices).toEqual([
      { id: "inv-1", authorization: { status: "ACTIVE", yearlyAmount: { amount: "238.80", currency: "BRL" } } },
      { id: "inv-2", authorization: null }, // nobody knows it
    ]);
  });

  test("a required field of ours is fetched for it when nobody asked for it", async () => {
    const query = "{ invoices { authorization { yearlyAmount { amount } } } }";
    const { data } = await through({ query, claims: MEMBER });
    expect(data.invoices[0]).toEqual({ authorization: { yearlyAmount: { amount: "238.80" } } });
  });

  test("a mutation pressed twice has one effect, and the second answer is the first one's", async () => {
    const request = { query: CANCEL, variables: cancellation("twice"), claims: PAYER };
    const first = await through(request);
    const second = await through(request);
    expect(first.data.cancelPixAuthorization).toMatchObject({ operation: { status: "SUCCEEDED" }, userErrors: [] });
    expect(second).toEqual(first);
    expect(await commits()).toBe(1);
  });

  test("one provider down: its field is null with our code, whether to retry and the request's id; the rest is there", async () => {
    await federation.subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "status", status: 500 });
    const response = await through({
      query: `{ me { id displayName currentOffer { status } } pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status } }`,
      claims: MEMBER,
      headers: { "x-request-id": "pressed-once.1" },
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
          requestId: "pressed-once.1",
        }),
      }),
    ]);
  });

  test("a malformed id is BAD_USER_INPUT; a refusal that a user can act on is data", async () => {
    const malformed = await through({ query: '{ user(id: "no id!") { id } }', claims: MEMBER });
    expect(codes(malformed)).toEqual(["BAD_USER_INPUT"]);
    const claims = { sub: "u-1001", tax_id: "77379362038", scope: "pix:cancel" };
    const { data } = await through({ query: CANCEL, variables: cancellation("not-mine"), claims });
    expect(data.cancelPixAuthorization.userErrors).toEqual([{ code: "NOT_FOUND" }]);
  });

  test("the caller's token and request id reach every subgraph; the router's secret ours alone, and never a client's", async () => {
    const response = await through({
      query: "{ team { id benefits { id } } invoices { id } }",
      claims: STAFF,
      headers: { "x-request-id": "pressed-once.2", "router-authorization": "a-guess" },
    });
    expect(response.errors).toBeUndefined();
    expect(federation.subgraph.logs.filter((line) => line.includes('"requestId":"pressed-once.2"'))).not.toEqual([]);
    const theirs = [...federation.accounts.received, ...federation.billing.received];
    expect(theirs).toHaveLength(2);
    for (const headers of theirs) {
      expect(headers).toMatchObject({
        authorization: expect.stringMatching(/^Bearer /),
        "x-request-id": "pressed-once.2",
      });
      expect(headers).not.toHaveProperty("router-authorization");
    }
  });

  test("a gateway without the secret is refused, even when its client knows the secret", async () => {
    const stranger = await start({ urls: federation.urls, keysUrl: federation.keys.url });
    try {
      const response = await through(
        {
          query: "{ me { id enrollment { status } } }",
          claims: MEMBER,
          headers: { "router-authorization": ROUTER_SECRET },
        },
        stranger,
      );
      expect(response.data?.me ?? null).toBeNull();
      expect(response.errors).toHaveLength(1);
      expect(federation.subgraph.logs.filter((line) => line.includes('"status":200'))).toEqual([]);
    } finally {
      await stranger.stop();
    }
  });

  test("what the schema protects stays protected behind a gateway that enforces nothing", async () => {
    const careless = await start({ urls: federation.urls, routerSecret: ROUTER_SECRET });
    try {
      const nobody = await through({ query: "{ me { id } }" }, careless);
      expect([nobody.data?.me ?? null, codes(nobody)]).toEqual([null, ["UNAUTHENTICATED"]]);
      const forged = await through({ query: "{ me { id } }", headers: { authorization: "Bearer forged" } }, careless);
      expect([forged.data?.me ?? null, codes(forged)]).toEqual([null, ["UNAUTHENTICATED"]]);
      const noScope = await through({ query: CANCEL, variables: cancellation("no-scope"), claims: MEMBER }, careless);
      expect(codes(noScope)).toEqual(["FORBIDDEN"]);
      expect(await federation.subgraph.avibra.requests(BENEFITS)).toEqual([]);
      expect(await federation.subgraph.delbank.requests()).toEqual([]);
    } finally {
      await careless.stop();
    }
  });

  return { through, requestsToUs, federation: () => federation, url: () => gateway?.url ?? "" };
}
