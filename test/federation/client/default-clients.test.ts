import { createHash, randomUUID } from "node:crypto";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { parse } from "graphql";
import { startHttpServer } from "../../kit/http/http-server";
import { findCodeSpans, readTable } from "../../kit/pages";
import { MEMBER_ID } from "../../kit/seeds/ids";
import { waitFor } from "../../kit/wait-for";
import { startDefaultApolloGateway } from "../gateways/apollo";
import { ROUTER_SECRET } from "../gateways/compose";
import { EXAMPLES, expectDone } from "../gateways/examples";
import { type Federation, startFederation } from "../gateways/federation";
import { type Gateway } from "../gateways/gateway";
import { hiveGateway } from "../gateways/hive";
import { createUrqlSender, DEFAULT_CLIENTS, sendByStrictRelay, type SendOperation } from "./default-clients";
import { type Refusal, REFUSALS, type Token, UNKNOWN_KEYS } from "./refusals";

const PAGE = "docs/frontend/getting-started.md";
const PREFLIGHT = { "apollo-require-preflight": "true" };

let federation: Federation;
const gateways: Gateway[] = [];
const urls: Record<string, string> = {};
const TARGETS = ["the subgraph", "@apollo/gateway", "Hive Gateway"] as const;
type Target = (typeof TARGETS)[number];

beforeAll(async () => {
  federation = await startFederation();
  // Hive Gateway verifies no tokens here, so that the subgraph refuses; test/federation/gateways.test.ts runs it with its own checks.
  const options = { urls: federation.urls, routerSecret: ROUTER_SECRET };
  const starts = [startDefaultApolloGateway, hiveGateway("JavaScript")].map(async (start) => {
    const gateway = await start(options);
    gateways.push(gateway);
    return gateway.url;
  });
  await Promise.allSettled(starts); // so that `gateways` has each one that has started
  const [apollo = "", hive = ""] = await Promise.all(starts);
  Object.assign(urls, {
    "the subgraph": `${federation.subgraph.url}/graphql`,
    "@apollo/gateway": apollo,
    "Hive Gateway": hive,
  });
});
afterAll(async () => {
  await Promise.all(gateways.map(({ stop }) => stop()));
  await federation.stop();
});

async function tokenOf(token: Token): Promise<string | undefined> {
  if (token === "none") return undefined;
  if (token === "forged") return "forged";
  return federation.keys.sign({ sub: MEMBER_ID }, token === "expired" ? -3600 : undefined);
}

const connect = (target: Target, token: string | undefined, headers: Readonly<Record<string, string>> = {}) => ({
  url: urls[target] ?? "",
  headers: {
    ...(target === "the subgraph" && { "router-authorization": ROUTER_SECRET }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...headers,
  },
});

/** Caching clients add `__typename` to every selection. */
const withoutTypenames = (data: unknown): unknown =>
  JSON.parse(JSON.stringify(data, (name, value: unknown) => (name === "__typename" ? undefined : value)));

const ALL_PAIRS = TARGETS.flatMap((target) =>
  Object.entries<SendOperation>(DEFAULT_CLIENTS).map(([client, send]) => ({ target, client, send })),
);
type Pair = (typeof ALL_PAIRS)[number];
/** In `npm test`, one client sends to Hive Gateway, whose responses do not depend on the client. */
const PAIRS = ALL_PAIRS.filter(
  ({ target, client }) => process.env["TEST_ALL"] === "true" || target !== "Hive Gateway" || client === "Apollo Client",
);

/**
 * @apollo/gateway sends `data: { me: null }` with an error that has no path, and Relay looks for the error of a field by its path: it
 * sees null, and no code.
 */
const isHidden = ({ target, client }: Pair, { isWhole, isRefusedByGateways = false }: Refusal): boolean =>
  target === "@apollo/gateway" && client === "Relay" && isWhole && !isRefusedByGateways;

/** What a client sees of a refusal: the subgraph's code, with the exceptions that the page lists. */
function expectedCodes(pair: Pair, refusal: Refusal): unknown[] {
  const { target } = pair;
  const { code, isRefusedByGateways = false, variables } = refusal;
  // Hive Gateway coerces variables, and gives its error no code.
  if (target === "Hive Gateway" && isRefusedByGateways && variables) return [undefined];
  return isHidden(pair, refusal) ? [] : [code];
}

async function seenCodes(pair: Pair, refusal: Refusal): Promise<readonly unknown[]> {
  const { target, send } = pair;
  const { token = "member", document, variables } = refusal;
  const { data, codes, failure } = await send(connect(target, await tokenOf(token)), {
    document,
    ...(variables && { variables }),
  });
  expect(failure).toBeUndefined();
  if (codes.length === 0 && isHidden(pair, refusal)) expect(Object.values(data as object)).toEqual([null]);
  return codes;
}

// First, because a key set that was fetched once is used while the key server is unreachable.
describe("while the key server is unreachable", () => {
  beforeAll(() => {
    federation.keys.failWith("unreachable");
  });
  afterAll(async () => {
    federation.keys.failWith(undefined);
    const pair = PAIRS[0] as Pair;
    await waitFor(async () => (await seenCodes(pair, UNKNOWN_KEYS)).length === 0 || undefined);
  });

  test.each(PAIRS)("$client sees UNAVAILABLE from $target", async (pair) => {
    expect(await seenCodes(pair, UNKNOWN_KEYS)).toEqual(expectedCodes(pair, UNKNOWN_KEYS));
  });
});

describe.each(PAIRS)("$client with its default settings, sending to $target", (pair) => {
  const { avibra, delbank } = { avibra: () => federation.subgraph.avibra, delbank: () => federation.subgraph.delbank };
  beforeEach(() => Promise.all([avibra().reset(), delbank().reset()]));

  test.each(EXAMPLES)("runs the example $operation", async ({ query, caller, variables }) => {
    const input = variables["input"] as object | undefined;
    const ownInput = input && { input: { ...input, idempotencyKey: randomUUID() } };
    const connection = connect(pair.target, await federation.keys.sign(caller));
    const operation = { document: parse(query), variables: { ...variables, ...ownInput } };
    const outcome = await pair.send(connection, operation);
    expect(outcome.codes).toEqual([]);
    expectDone(query, { data: outcome.data as object });
    // The second request of a mutation is a replay.
    const direct = connect("the subgraph", await federation.keys.sign(caller));
    const expected = await DEFAULT_CLIENTS["graphql-request"](direct, operation);
    expect(withoutTypenames(outcome.data)).toEqual(expected.data);
  });

  test.each(REFUSALS)("sees $code of $refusal", async (refusal) => {
    if (refusal.isProviderDown)
      await avibra().addFault({ match: { path: "/user/benefits" }, kind: "status", status: 503, times: 10 });
    expect(await seenCodes(pair, refusal)).toEqual(expectedCodes(pair, refusal));
  });
});

test.each(REFUSALS.filter(({ isWhole }) => isWhole))(
  "Relay sees $code of $refusal from @apollo/gateway if its fetch function makes data null for an error without a path",
  async (refusal) => {
    const pair = { target: "@apollo/gateway", client: "Relay", send: sendByStrictRelay } as const;
    expect(await seenCodes(pair, refusal)).toEqual([refusal.code]);
  },
);

describe("urql without preferGetMethod: false", () => {
  const sendQuery = async (target: Target, headers = {}) =>
    createUrqlSender()(connect(target, await tokenOf("member"), headers), { document: parse("{ me { id } }") });

  test.each([
    ["the subgraph", ["BAD_REQUEST"]],
    ["@apollo/gateway", ["BAD_REQUEST"]],
    ["Hive Gateway", []],
  ] as const)("sends queries by GET, of which %s reports %j", async (target, codes) => {
    expect(await sendQuery(target)).toMatchObject({ codes });
  });

  test.each(TARGETS)("reads data from %s with the preflight header", async (target) => {
    expect(await sendQuery(target, PREFLIGHT)).toMatchObject({ data: { me: { id: MEMBER_ID } }, codes: [] });
  });
});

describe("a persisted query", () => {
  const query = "{ me { id } }";
  const hash = createHash("sha256").update(query).digest("hex");
  const extensions = { persistedQuery: { version: 1, sha256Hash: hash } };

  async function sendHash(target: Target, method: "GET" | "POST", more: Readonly<Record<string, string>> = {}) {
    const { url, headers } = connect(target, await tokenOf("member"), more);
    const response =
      method === "GET"
        ? await fetch(`${url}?extensions=${encodeURIComponent(JSON.stringify(extensions))}`, { headers })
        : await fetch(url, {
            method,
            headers: { ...headers, "content-type": "application/json" },
            body: JSON.stringify({ extensions }),
          });
    const { errors } = (await response.json()) as { errors?: { extensions?: { code?: string } }[] };
    return errors?.map((error) => error.extensions?.code);
  }

  test.each([
    ["the subgraph", "PERSISTED_QUERY_NOT_SUPPORTED"],
    ["@apollo/gateway", "PERSISTED_QUERY_NOT_FOUND"],
    ["Hive Gateway", "BAD_REQUEST"],
  ] as const)(
    "by hash only is refused by %s with %s, by POST and by a GET with the preflight header",
    async (target, code) => {
      expect(await sendHash(target, "POST")).toEqual([code]);
      expect(await sendHash(target, "GET", PREFLIGHT)).toEqual([code]);
    },
  );

  test.each([
    ["the subgraph", "BAD_REQUEST"],
    ["@apollo/gateway", "BAD_REQUEST"],
    ["Hive Gateway", "BAD_REQUEST"],
  ] as const)("by a GET without the preflight header is refused by %s with %s", async (target, code) => {
    expect(await sendHash(target, "GET")).toEqual([code]);
  });

  async function sendByApolloLink(target: Target) {
    const { url: uri, headers } = connect(target, await tokenOf("member"));
    const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
    const link = ApolloLink.from([new PersistedQueryLink({ sha256 }), new HttpLink({ uri, headers })]);
    const client = new ApolloClient({ link, cache: new InMemoryCache() });
    return client.query({ query: parse(query) }).finally(() => {
      client.stop();
    });
  }

  test.each(["the subgraph", "@apollo/gateway"] as const)(
    "of Apollo Client's link that %s refuses is sent again as a whole document",
    async (target) => {
      expect((await sendByApolloLink(target)).data).toMatchObject({ me: { id: MEMBER_ID } });
    },
  );

  test("of Apollo Client's link fails at Hive Gateway, whose code is not one of persisted queries", async () => {
    await expect(sendByApolloLink("Hive Gateway")).rejects.toThrow("Must provide query string.");
  });
});

test("Hive Gateway gives its own refusal of a variable no code", async () => {
  const { url, headers } = connect("Hive Gateway", await tokenOf("member"));
  const response = await fetch(url, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ query: "query ($id: UserId!) { user(id: $id) { id } }" }),
  });
  const message = 'Variable "$id" of required type "UserId!" was not provided.';
  expect([response.status, await response.json()]).toEqual([
    400,
    { errors: [{ message, locations: expect.any(Array) }] },
  ]);
});

test("each client's Accept header is the one on the page", async () => {
  const accepted: (string | undefined)[] = [];
  const server = await startHttpServer((request, response) => {
    accepted.push(request.headers.accept);
    response.setHeader("content-type", "application/json").end('{"data":{"me":{"id":"u-1001"}}}');
  });
  for (const send of Object.values(DEFAULT_CLIENTS))
    await send({ url: server.url, headers: {} }, { document: parse("{ me { id } }") });
  await server.close();
  const documented = readTable(PAGE, "client").map(([client = "", accept = ""]) => [client, findCodeSpans(accept)[0]]);
  expect(Object.keys(DEFAULT_CLIENTS).map((client, index) => [client, accepted[index]])).toEqual(documented);
});
