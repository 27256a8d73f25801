import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { operationFromDocument, ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from "@apollo/federation-internals";
import { prettyFormatQueryPlan, QueryPlanner } from "@apollo/query-planner";
import { parse } from "graphql";
import { compose, OUR_NAME, subgraphs } from "./gateways/compose";
import { EXAMPLES } from "./gateways/examples";

const FOLDER = join(__dirname, "plans");
const ACROSS = {
  operation: "team-and-invoices",
  query: readFileSync(join(FOLDER, "team-and-invoices.graphql"), "utf8"),
};

const supergraph = Supergraph.build(compose("@apollo/composition", subgraphs()), {
  supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, // those that a router enforces, too
});
const planner = new QueryPlanner(supergraph);

function planOf(query: string): string {
  const plan = planner.buildQueryPlan(operationFromDocument(supergraph.apiSchema(), parse(query)));
  return `${prettyFormatQueryPlan(plan)}\n`;
}

describe("the query plan", () => {
  // UPDATE_QUERY_PLANS=true npm test -- test/federation/query-plans writes the files.
  test.each([...EXAMPLES, ACROSS])("of $operation equals its file in test/federation/plans", ({ operation, query }) => {
    const file = join(FOLDER, `${operation}.plan`);
    const plan = planOf(query);
    if (process.env["UPDATE_QUERY_PLANS"] === "true") writeFileSync(file, plan);
    expect(existsSync(file)).toBe(true);
    expect(plan).toBe(readFileSync(file, "utf8"));
  });

  test("files are those of the example operations and team-and-invoices", () => {
    const plans = readdirSync(FOLDER).filter((file) => file.endsWith(".plan"));
    expect(plans.sort()).toEqual([...EXAMPLES, ACROSS].map(({ operation }) => `${operation}.plan`).sort());
  });

  test.each(EXAMPLES)("of $operation has one request, to this subgraph", ({ query }) => {
    const fetches = [...planOf(query).matchAll(/Fetch\(service: "([^"]+)"\)/g)].map(([, service]) => service);
    expect(fetches).toEqual([OUR_NAME]);
  });
});
