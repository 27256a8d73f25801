import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type FetchNode, type PlanNode, QueryPlanner } from "@graphql-hive/router-query-planner";
import {
  buildSchema,
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { createSubgraph } from "../../src/app/schema";
import { compose, OUR_NAME, subgraphs } from "./gateways/compose";
import { EXAMPLES } from "./gateways/examples";

// Hive Router's planner, without the router: what it would send to this subgraph.

const TEAM_AND_INVOICES = readFileSync(join(__dirname, "plans/team-and-invoices.graphql"), "utf8");

/** `required`: fields of ours that another subgraph's field requires, and keys of its references. */
const JOINS: readonly { name: string; query: string; fetches: number; required: readonly string[] }[] = [
  {
    name: "every field of another subgraph's list of members",
    query: `{ team { id displayName enrollment { status } currentOffer { offer { id price { amount } } }
      benefits { userId id coverage { amount } } availableOffers { id }
      operations { edges { node { id } } } events { edges { node { id } } } } }`,
    fetches: 1,
    required: [],
  },
  {
    name: "another subgraph's field of a member",
    query: "{ me { displayName benefits { name } } }",
    fetches: 1,
    required: ["User.id"],
  },
  {
    name: "a field that requires another one, which the client does not select",
    query: "{ invoices { authorization { yearlyAmount { amount } } } }",
    fetches: 1,
    required: ["PixAuthorization.amount", "Money.amount", "Money.currency"],
  },
  {
    name: "an authorization of another subgraph's list, down to the authorization of its cancellation",
    query: `{ invoices { id authorization { status amount { amount currency } yearlyAmount { amount currency } payer { name }
      cancellations { id authorization { beneficiary { name } } } } } }`,
    fetches: 1,
    required: [],
  },
  { name: "two lists of other subgraphs", query: TEAM_AND_INVOICES, fetches: 1, required: ["PixAuthorization.amount"] },
];

const planner = new QueryPlanner(compose("@theguild/federation-composition", subgraphs()));
const clientSchema = buildSchema(planner.consumerSchema);

type OwnFetch = Pick<FetchNode, "operation" | "serviceName">;

function collectFetches(node: PlanNode | undefined): OwnFetch[] {
  if (!node) return [];
  if (node.kind === "Fetch" || node.kind === "BatchFetch") return [node];
  if (node.kind === "Sequence" || node.kind === "Parallel") return node.nodes.flatMap(collectFetches);
  if (node.kind === "Flatten") return collectFetches(node.node);
  throw new Error(`unexpected ${node.kind}`);
}

/** The requests to this subgraph that a query needs. */
const planOf = (query: string) =>
  collectFetches(planner.plan(query, undefined, new Set(), 0).node)
    .filter(({ serviceName }) => serviceName === OUR_NAME)
    .map(({ operation }) => parse(operation));

/** Fields by coordinate, with their paths in the response; those of unknown types are another subgraph's. */
function collectFields(schema: GraphQLSchema, document: DocumentNode) {
  const types = new TypeInfo(schema);
  const path: string[] = [];
  const fields: { readonly coordinate: string; readonly path: string }[] = [];
  visit(
    document,
    visitWithTypeInfo(types, {
      enter(node) {
        if (node.kind === Kind.INLINE_FRAGMENT) path.push(`... ${node.typeCondition?.name.value ?? ""}`);
        if (node.kind !== Kind.FIELD) return;
        path.push((node.alias ?? node.name).value);
        const coordinate = `${types.getParentType()?.name ?? "?"}.${node.name.value}`;
        if (types.getFieldDef() && !/\.(__typename|_entities)$/.test(coordinate))
          fields.push({ coordinate, path: path.join("/") });
      },
      leave(node) {
        if (node.kind === Kind.FIELD || node.kind === Kind.INLINE_FRAGMENT) path.pop();
      },
    }),
  );
  return fields;
}

describe("the plan of Hive Router's planner", () => {
  let ours: GraphQLSchema;
  beforeAll(async () => ({ schema: ours } = await createSubgraph()));

  const all = [
    ...EXAMPLES.map(({ operation, query }) => ({ name: `the example ${operation}`, query, fetches: 1, required: [] })),
    ...JOINS,
  ];

  test.each(all)("for $name has one request to this subgraph, with each selected field once and no other", (one) => {
    const requests = planOf(one.query);
    expect(requests).toHaveLength(one.fetches);
    const fetched = requests.flatMap((request) => collectFields(ours, request));
    const paths = fetched.map(({ path }) => path);
    expect(paths.filter((path, index) => paths.indexOf(path) !== index)).toEqual([]);
    const selected = collectFields(clientSchema, parse(one.query)).map(({ coordinate }) => coordinate);
    const allowed = new Set([...selected, ...one.required]);
    expect(fetched.map(({ coordinate }) => coordinate).filter((coordinate) => !allowed.has(coordinate))).toEqual([]);
    expect(fetched.length).toBeGreaterThan(0);
  });
});
