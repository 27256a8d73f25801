import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { operationFromDocument, ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from "@apollo/federation-internals";
import { prettyFormatQueryPlan, QueryPlanner } from "@apollo/query-planner";
import { parse } from "graphql";
import { compose, subgraphs } from "./gateways/compose";
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

describe("query plans", () => {
  // UPDATE_QUERY_PLANS=true npm test -- test/federation/query-plans writes them anew.
  test.each([...EXAMPLES, ACROSS])("$operation is planned as test/federation/plans says", ({ operation, query }) => {
    const file = join(FOLDER, `${operation}.plan`);
    const plan = planOf(query);
    if (process.env["UPDATE_QUERY_PLANS"] === "true") writeFileSync(file, plan);
    expect(existsSync(file)).toBe(true);
    expect(plan).toBe(readFileSync(file, "utf8"));
  });

  test("there is no plan of an operation that is gone", () => {
    const plans = readdirSync(FOLDER).filter((file) => file.endsWith(".plan"));
    expect(plans.sort()).toEqual([...EXAMPLES, ACROSS].map(({ operation }) => `${operation}.plan`).sort());
  });

  test.each(EXAMPLES)("$operation costs the router one request, to us", ({ query }) => {
    const fetches = [...planOf(query).matchAll(/Fetch\(service: "([^"]+)"\)/g)].map(([, service]) => service);
    expect(fetches).toEqual(["benefits-pix"]);
  });
});
