import { readFileSync } from "node:fs";
import { join } from "node:path";
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
    ["alone", [OUR_NAME]],
    ["with a subgraph that adds to our entity and references it", [OUR_NAME, "accounts"]],
    ["with a subgraph that holds our entity and requires a field of it", [OUR_NAME, "billing"]],
    ["with both", [OUR_NAME, "accounts", "billing"]],
  ])("composes us %s", (_, names) => {
    expect(composed(...names)).toContain("https://specs.apollo.dev/join/");
  });

  test("what clients see through a router is schema/api.graphql", () => {
    const supergraph = Supergraph.build(composed(OUR_NAME), {
      supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
    });
    const seen = supergraph.apiSchema().toGraphQLJSSchema();
    expect(findBreakingChanges(API, seen)).toEqual([]);
    expect(findBreakingChanges(seen, API)).toEqual([]);
  });

  test("the supergraph tells a router who must be authenticated, and which scopes do", () => {
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
test("clients of a supergraph by @apollo/composition see the schema's description", () => {
  const supergraph = buildSchema(compose("@apollo/composition", subgraphs()), { assumeValidSDL: true });
  expect(API.description).toMatch(/Avibra.*Delbank.*moves no money/s);
  expect(supergraph.description).toBe(API.description);
});
