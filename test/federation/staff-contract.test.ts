import { composeSchemaContract } from "@theguild/federation-composition";
import { buildSchema, findBreakingChanges, parse, validate } from "graphql";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { subgraphs } from "./gateways/compose";
import { EXAMPLES } from "./gateways/examples";

const API = buildSchema(readFileSync(join(__dirname, "../../schema/api.graphql"), "utf8"));

describe('a contract without the tag "staff"', () => {
  const services = subgraphs().map(({ name, sdl, url }) => ({ name, url, typeDefs: parse(sdl) }));
  const { publicSdl, errors } = composeSchemaContract(
    services,
    { include: new Set(), exclude: new Set(["staff"]) },
    true,
  );
  const contract = buildSchema(publicSdl ?? "type Query { nothing: Int }");

  test("lacks only the fields that read a member by ID and all members' operations, and their inputs", () => {
    expect(errors).toBeUndefined();
    expect(findBreakingChanges(API, contract).map(({ description }) => description)).toEqual([
      "OperationFilter was removed.",
      "RequestId was removed.",
      "Query.operations was removed.",
      "Query.user was removed.",
    ]);
  });

  test.each(EXAMPLES)("accepts the example $operation", ({ query }) => {
    expect(validate(contract, parse(query))).toEqual([]);
  });
});
