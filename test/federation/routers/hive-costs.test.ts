import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_STORE_ROWS, MAX_ROUTER_COST } from "../../../src/platform/graphql/limits/router-costs";
import { createGraphqlClient, type GraphqlOptions } from "../../kit/http/graphql-client";
import { authorizationId, MEMBER_ID, RECURRENCE_ID } from "../../kit/seeds/ids";
import { sendEvent } from "../../kit/subscriptions/send-event";
import { createTempDirectory } from "../../kit/temp";
import { PAYER_CLAIMS } from "../../kit/tokens/claims";
import { waitFor } from "../../kit/wait-for";
import { fillLists } from "../full-lists";
import { ROUTER_SECRET } from "../gateways/compose";
import { EXAMPLES } from "../gateways/examples";
import { type Federation, sendRequest, startFederation } from "../gateways/federation";
import { ROUTERS } from "./routers";
import { type Router, startRouter } from "./start-router";

const PAGE = 100;
const CALLER = { ...PAYER_CLAIMS, scope: `${PAYER_CLAIMS.scope} operations:read:any` };
const times = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join(" ");

/** Each list in full, and as many rows as a request may have. */
const LARGEST = `{
  me { id
    enrollment { status }
    currentOffer { status offer { id price { amount } } }
    benefits { id name status coverage { amount currency } pendingSwap { direction at } }
    availableOffers { id name price { amount currency } }
    ${times(8, (index) => `o${index}: operations(first: 100) { edges { cursor node { id kind } } pageInfo { endCursor } }`)}
    ${times(2, (index) => `e${index}: events(first: 100) { edges { node { kind } } }`)} }
  pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { amount { amount } payer { name } beneficiary { name }
    cancellations { id reason authorization { status } } } }`;

/** Requests that the subgraph refuses for the rows or the provider calls that they need. */
const REFUSED: readonly { name: string; query: string; variables?: Record<string, unknown> }[] = [
  {
    name: "11 pages of 100 operations",
    query: `{ me { ${times(11, (n) => `o${n}: operations(first: 100) { edges { cursor } }`)} } }`,
  },
  {
    name: "11 pages of 100 operations of all members",
    query: `{ ${times(11, (n) => `o${n}: operations(first: 100) { edges { cursor } }`)} }`,
  },
  {
    name: "11 pages of 100 events",
    query: `{ me { ${times(11, (n) => `e${n}: events(first: 100) { edges { cursor } }`)} } }`,
  },
  {
    name: "11 pages of the size of a variable",
    query: `query($size: Int!) { me { ${times(11, (n) => `o${n}: operations(first: $size) { edges { node { id } } }`)} } }`,
    variables: { size: 100 },
  },
  {
    name: "51 pages without `first`",
    query: `{ me { ${times(51, (n) => `o${n}: operations { edges { cursor } }`)} } }`,
  },
  {
    name: "201 authorizations",
    query: `{ ${times(201, (n) => `p${n}: pixAuthorization(recurrenceId: "${authorizationId(n + 1)}") { status }`)} }`,
  },
  {
    name: "the benefits of 201 members",
    query: `{ ${times(201, (n) => `u${n}: user(id: "m-${n}") { benefits { id } }`)} }`,
  },
  {
    name: "the current offers of 201 members",
    query: `{ ${times(201, (n) => `u${n}: user(id: "m-${n}") { currentOffer { status } }`)} }`,
  },
  {
    name: "201 mutations",
    query: `mutation { ${times(201, (n) => `m${n}: cancelUser(input: { userId: "m-${n}", idempotencyKey: "k" }) { userErrors { code } }`)} }`,
  },
];

const found = ROUTERS.filter(({ title, program }) => title === "Hive Router" && program !== undefined);

describe.each(found)("$title", (kind) => {
  const directory = createTempDirectory("router-costs");
  let federation: Federation;
  let shipped: Router;
  /** The shipped file, but it refuses nothing and states each request's cost. */
  let measuring: Router;

  const sendMeasured = (query: string, options: GraphqlOptions) =>
    createGraphqlClient(measuring.url, { getToken: federation.keys.sign }).post(query, options);
  const costOf = ({ headers }: Response, name: "estimated" | "actual") => Number(headers.get(`x-cost-${name}`));

  beforeAll(async () => {
    federation = await startFederation();
    const { subgraph, urls, keys } = federation;
    const config = join(directory.path, "measuring.yaml");
    const text = readFileSync(kind.config, "utf8");
    const changes = [
      [/mode: enforce/, "mode: measure\n    expose_headers: { estimated: true, actual: true }"],
      // The default, `by_subgraph`, does not count selections that the router sends as fragments, because they are repeated.
      [/demand_control:\n/, "demand_control:\n  actual_cost_mode: by_response_shape\n"],
      [/(max_aliases:\n +n:) \d+/, "$1 100000"],
      [/(max_tokens:\n +n:) \d+/, "$1 100000"],
    ] as const;
    for (const [pattern] of changes) expect(text).toMatch(pattern);
    writeFileSync(
      config,
      changes.reduce((changed, [pattern, replacement]) => changed.replace(pattern, replacement), text),
    );
    const options = { urls, keysUrl: keys.url, routerSecret: ROUTER_SECRET };
    [shipped, measuring] = await Promise.all([startRouter(kind, options), startRouter(kind, { ...options, config })]);
    await fillLists(subgraph);
    for (let index = 0; index < PAGE; index += 1) {
      const input = { idempotencyKey: `row-${index}`, userId: MEMBER_ID, offerId: "premium", direction: "UPGRADE" };
      const query = "mutation($input: ChangeOfferInput!) { changeOffer(input: $input) { operation { id } } }";
      const options = { variables: { input }, claims: CALLER };
      const { errors } = await sendRequest(shipped.url, keys, { query, ...options });
      expect(errors).toBeUndefined();
      await sendEvent(subgraph, MEMBER_ID);
    }
    await waitFor(async () => {
      const query = `{ me { events(first: ${PAGE}) { edges { cursor } } } }`;
      const { data } = await sendRequest(shipped.url, keys, { query, claims: CALLER });
      return data.me.events.edges.length === PAGE || undefined;
    });
  });
  afterAll(async () => {
    await Promise.all([shipped.stop(), measuring.stop()]);
    await federation.stop();
    directory.remove();
  });

  const queries = EXAMPLES.filter(({ query }) => !query.includes("mutation "));

  test.each([...queries, { operation: "the largest query that is accepted", query: LARGEST, variables: {} }])(
    "with full lists, the estimated cost of $operation is at least its actual cost and at most twice it",
    async ({ query, variables }) => {
      const response = await sendMeasured(query, { variables, claims: CALLER });
      const { errors } = (await response.json()) as { errors?: unknown };
      expect(errors).toBeUndefined();
      const [estimated, actual] = [costOf(response, "estimated"), costOf(response, "actual")];
      expect(actual).toBeGreaterThan(0);
      expect(estimated).toBeGreaterThanOrEqual(actual);
      expect(estimated).toBeLessThanOrEqual(2 * actual);
      if (query === LARGEST) expect(actual).toBeGreaterThan(DEFAULT_STORE_ROWS * 100);
    },
  );

  test.each(REFUSED)(
    "$name are refused by the subgraph, and cost more than the shipped maximum",
    async ({ query, variables }) => {
      const options = { variables, claims: CALLER };
      const response = await sendMeasured(query, options);
      const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
      expect(new Set(errors.map(({ extensions }) => extensions.code))).toContain("LIMIT_EXCEEDED");
      expect(costOf(response, "estimated")).toBeGreaterThan(MAX_ROUTER_COST);
      federation.subgraph.logs.length = 0;
      const refused = await sendRequest(shipped.url, federation.keys, { query, ...options });
      expect(refused.data ?? null).toBeNull();
      expect(refused.errors).toHaveLength(1);
      expect(federation.countRequestsToUs()).toBe(0);
    },
  );

  test("the benefits and offers of another subgraph's list of members are accepted", async () => {
    const query = `{ team { id currentOffer { offer { price { amount } } } benefits { coverage { amount } pendingSwap { at } }
      availableOffers { price { amount } } } }`;
    await federation.subgraph.avibra.reset();
    const claims = { sub: "support", scope: "users:read:any" };
    const { data, errors } = await sendRequest(shipped.url, federation.keys, { query, claims });
    expect(errors).toBeUndefined();
    expect(data.team).toHaveLength(2);
  });
});
