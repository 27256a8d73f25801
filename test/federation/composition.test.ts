import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from "@apollo/federation-internals";
import { buildSchema, findBreakingChanges } from "graphql";
import { compose, COMPOSERS, OUR_NAME, subgraphs } from "./gateways/compose";

const API = buildSchema(readFileSync(join(__dirname, "../../schema/api.graphql"), "utf8"));

describe.each(Object.keys(COMPOSERS))("%s", (composer) => {
  const composed = (...names: string[]) =>
    compose(
      composer,
      subgraphs().filter(({ name }) => names.includes(name)),
    );

  test.each([
    ["without another subgraph", [OUR_NAME]],
    ["with one that adds a field to its entity and references it", [OUR_NAME, "accounts"]],
    ["with one that returns its entity and requires a field of it", [OUR_NAME, "billing"]],
    ["with both of them", [OUR_NAME, "accounts", "billing"]],
  ])("composes this subgraph %s", (_, names) => {
    expect(composed(...names)).toContain("https://specs.apollo.dev/join/");
  });

  test("composes an API schema that equals schema/api.graphql", () => {
    const supergraph = Supergraph.build(composed(OUR_NAME), {
      supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
    });
    const composedApi = supergraph.apiSchema().toGraphQLJSSchema();
    expect(findBreakingChanges(API, composedApi)).toEqual([]);
    expect(findBreakingChanges(composedApi, API)).toEqual([]);
  });

  test("composes a supergraph with @authenticated and @requiresScopes as security features", () => {
    const supergraph = composed(OUR_NAME, "accounts", "billing");
    for (const feature of ["authenticated", "requiresScopes"]) {
      expect(supergraph).toContain(`@link(url: "https://specs.apollo.dev/${feature}/v0.1", for: SECURITY)`);
    }
    const protectedFields = supergraph.match(/^\s+\w+(\([^)]*\))?: .*@authenticated/gm) ?? [];
    expect(protectedFields.length).toBeGreaterThan(0);
    expect(supergraph).toMatch(
      /cancelPixAuthorization\([^)]*\).*@requiresScopes\(scopes: \[\["pix:cancel"\], \["pix:cancel:any"\]\]\)/,
    );
  });
});

// @theguild/federation-composition composes a described schema too, but drops the description.
test("a supergraph that @apollo/composition composes has the schema's description", () => {
  const supergraph = buildSchema(compose("@apollo/composition", subgraphs()), { assumeValidSDL: true });
  expect(API.description).toMatch(/Avibra.*Delbank.*moves no money/s);
  expect(supergraph.description).toBe(API.description);
});

test.each(["apollo", "apollo-licensed", "hive"])(
  "npm run compose -- %s prints a supergraph of this subgraph, with the directives that the router enforces",
  async (router) => {
    const child = spawn(process.execPath, ["--import", "tsx", ".ci/supergraph.ts", router], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const supergraph = await text(child.stdout);
    expect(supergraph).toContain(`@join__graph(name: "${OUR_NAME}"`);
    expect(supergraph.includes("@requiresScopes")).toBe(router !== "apollo");
  },
);
