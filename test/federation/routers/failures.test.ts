import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readRouterFailures, ROUTER_FAILURES_FILE, type SeenFailure } from "../../../.ci/router-failures";
import { freePort } from "../../kit/free-port";
import { startTcpServer } from "../../kit/network/tcp-server";
import { MEMBER_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../../kit/seeds/ids";
import { startSubgraph } from "../../kit/start/subgraph";
import { createTempDirectory } from "../../kit/temp";
import { AUDIENCE, ISSUER } from "../../kit/tokens/token-issuer";
import { waitFor } from "../../kit/wait-for";
import { OUR_NAME, ROUTER_SECRET } from "../gateways/compose";
import {
  type Federation,
  type GatewayResponse,
  type Request,
  sendRequest,
  startFederation,
} from "../gateways/federation";
import { type RouterKind, ROUTERS } from "./routers";
import { type Router, type RouterOptions, startRouter } from "./start-router";

const MEMBER = { sub: MEMBER_ID, tax_id: PAYER_TAX_ID };
const BENEFITS = "/user/benefits/";
const ME = { query: "{ me { id } }", claims: MEMBER };
const OFFER = { query: "{ me { id currentOffer { status } } }", claims: MEMBER };
const cancel = (scope: string, idempotencyKey: string) => ({
  query: `mutation { cancelPixAuthorization(input: { idempotencyKey: "${idempotencyKey}", recurrenceId: "${RECURRENCE_ID}",
    requesterType: NATURAL, requesterDocument: "${PAYER_TAX_ID}", reason: REQUESTED_BY_PAYER }) { operation { status } } }`,
  claims: { ...MEMBER, scope },
});
const PAGES = Array.from({ length: 11 }, (_, n) => `o${n}: operations(first: 100) { edges { cursor } }`).join(" ");

interface World {
  readonly federation: Federation;
  readonly through: (request: Request, router?: Router) => Promise<GatewayResponse>;
  /** Starts another router with these options, and sends the request through it. */
  readonly throughAnother: (options: Partial<RouterOptions>, request: Request) => Promise<GatewayResponse>;
  readonly kind: RouterKind;
}

const at = (url: string, { federation }: World) => ({ urls: { ...federation.urls, [OUR_NAME]: `${url}/graphql` } });

async function throughShortTimeouts(world: World, url: string): Promise<GatewayResponse> {
  const folder = createTempDirectory("router-timeouts");
  const config = join(folder.path, "router.yaml");
  writeFileSync(config, readFileSync(world.kind.config, "utf8").replace("timeout: 12s", "timeout: 1s"));
  return world.throughAnother({ ...at(url, world), config }, ME).finally(folder.remove);
}

const FAILURES: Readonly<Record<string, (world: World) => Promise<GatewayResponse>>> = {
  "a provider fails": async ({ federation, through }) => {
    await federation.subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "status", status: 500 });
    return through(OFFER);
  },
  "a provider's response is unreadable": async ({ federation, through }) => {
    await federation.subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "wrongShape" });
    return through(OFFER);
  },
  "a mutation's response is lost: the operation is `UNCONFIRMED`": async ({ federation, through }) => {
    const { delbank } = federation.subgraph;
    await delbank.addFault({ match: { method: "POST" }, kind: "resetAfterCommit" });
    await delbank.addFault({ match: { method: "GET" }, kind: "delay", delayMs: 0 });
    await delbank.addFault({ match: { method: "GET" }, kind: "status", status: 503, times: 100_000 });
    const response = await through(cancel("pix:cancel", "lost"));
    expect(response.data).toEqual({ cancelPixAuthorization: { operation: { status: "UNCONFIRMED" } } });
    return response;
  },
  "another subgraph fails": ({ through }) => through({ query: "{ me { id loginCount } }", claims: MEMBER }),
  "an ID is malformed": ({ through }) => through({ query: '{ user(id: "no id!") { id } }', claims: MEMBER }),
  "a field does not exist": ({ through }) => through({ query: "{ me { nothing } }", claims: MEMBER }),
  "there is no token": ({ through }) => through({ query: ME.query }),
  "the token is forged": ({ through }) => through({ query: ME.query, headers: { authorization: "Bearer forged" } }),
  "the token lacks a scope": ({ through }) => through(cancel("openid", "no-scope")),
  "more rows than `LIMIT_STORE_ROWS`": ({ through }) => through({ query: `{ me { ${PAGES} } }`, claims: MEMBER }),
  "more tokens than `LIMIT_TOKENS`": ({ through }) =>
    through({ query: `{ me { ${"id ".repeat(5001)} } }`, claims: MEMBER }),
  "the subgraph has too many requests in flight": async (world) => {
    const { keys } = world.federation;
    const subgraph = await startSubgraph({
      ROUTER_SECRETS: ROUTER_SECRET,
      AUTH_JWKS_URL: keys.url,
      AUTH_ISSUER: ISSUER,
      AUTH_AUDIENCE: AUDIENCE,
      LIMIT_CONCURRENT_REQUESTS: "1",
    });
    await subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "hangBeforeCommit" });
    const client = new AbortController();
    const headers = { "router-authorization": ROUTER_SECRET };
    const held = sendRequest(`${subgraph.url}/graphql`, keys, { ...OFFER, headers, signal: client.signal });
    held.catch(() => undefined);
    await waitFor(async () => (await subgraph.avibra.requests(BENEFITS))[0]);
    return world.throughAnother(at(subgraph.url, world), ME).finally(async () => {
      client.abort();
      await subgraph.stop();
    });
  },
  "the router's secret is wrong": ({ throughAnother }) => throughAnother({ routerSecret: "a-wrong-secret" }, ME),
  "the subgraph cannot be reached": async (world) =>
    world.throughAnother(at(`http://127.0.0.1:${await freePort()}`, world), ME),
  "the subgraph closes the connection before it responds": async (world) => {
    const closing = await startTcpServer((socket) => socket.once("data", () => socket.destroy()));
    return world.throughAnother(at(`http://127.0.0.1:${closing.port}`, world), ME).finally(closing.close);
  },
  "the subgraph does not respond in time": async (world) => {
    const silent = await startTcpServer(() => undefined);
    return throughShortTimeouts(world, `http://127.0.0.1:${silent.port}`).finally(silent.close);
  },
};

const toCode = (extensions: Readonly<Record<string, unknown>> = {}) =>
  typeof extensions["code"] === "string" ? extensions["code"] : "no code";

function toSeen({ status, data, errors = [] }: GatewayResponse): SeenFailure {
  const otherData = JSON.stringify(data ?? null).replaceAll(/"\w+":(?:null|\{\})/g, "");
  return {
    status,
    codes: [...new Set(errors.map(({ extensions }) => toCode(extensions)))].sort(),
    rest: errors.length > 0 && /"\w+":["\d]/.test(otherData),
    advice: errors.some(({ extensions = {} }) => "retryable" in extensions && "requestId" in extensions),
  };
}

const found = ROUTERS.filter(({ program }) => program !== undefined);
const recorded = readRouterFailures();
const isUpdate = process.env["UPDATE_ROUTER_FAILURES"] === "true";

describe.each(found)("what a client sees through $title", (kind) => {
  const observed = new Map<string, SeenFailure>();
  const { title, version = "of an unknown version" } = kind;
  let federation: Federation;
  let router: Router;
  beforeAll(async () => {
    federation = await startFederation();
    router = await startWith({});
  });
  afterAll(async () => {
    await router.stop();
    await federation.stop();
    if (isUpdate) record();
  });
  beforeEach(() => Promise.all([federation.subgraph.avibra.reset(), federation.subgraph.delbank.reset()]));

  const startWith = (options: Partial<RouterOptions>) =>
    startRouter(kind, { urls: federation.urls, keysUrl: federation.keys.url, routerSecret: ROUTER_SECRET, ...options });
  const through = (request: Request, by = router) => sendRequest(by.url, federation.keys, request);
  async function throughAnother(options: Partial<RouterOptions>, request: Request): Promise<GatewayResponse> {
    const another = await startWith(options);
    return through(request, another).finally(another.stop);
  }
  /** Replaces what is recorded for this router. */
  function record(): void {
    const { versions, failures } = readRouterFailures(); // with what was observed through the router before this one
    const others = (failure: string) => failures.find((row) => row.failure === failure)?.seen;
    const rows = Object.keys(FAILURES).map((failure) => ({
      failure,
      seen: { ...others(failure), [title]: observed.get(failure) ?? others(failure)?.[title] },
    }));
    const text = JSON.stringify({ versions: { ...versions, [title]: version }, failures: rows }, null, 2);
    writeFileSync(ROUTER_FAILURES_FILE, `${text}\n`);
  }

  test.each(Object.keys(FAILURES))("if %s is as in the table", async (failure) => {
    const response = await FAILURES[failure]?.({ federation, through, throughAnother, kind });
    if (!response) throw new Error("no response");
    const seen = toSeen(response);
    observed.set(failure, seen);
    if (isUpdate) return;
    const expected = recorded.failures.find((row) => row.failure === failure)?.seen[title];
    const versions = `this router is ${version}, the table is of ${recorded.versions[title] ?? "none"}`; // for the message
    expect({ versions, seen }).toEqual({ versions, seen: expected });
  });

  test("the table has these failures only", () => {
    if (!isUpdate) expect(recorded.failures.map(({ failure }) => failure)).toEqual(Object.keys(FAILURES));
  });
});
