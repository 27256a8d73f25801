import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSchema, getOperationAST, getVariableValues, parse, validate } from "graphql";
import { EXAMPLES } from "./gateways/examples";

const SCHEMA = join(__dirname, "../../schema");
const schema = buildSchema(readFileSync(join(SCHEMA, "api.graphql"), "utf8"));

describe("schema/operations", () => {
  test("are listed in examples.json and in the manifest of persisted documents", () => {
    const files = readdirSync(join(SCHEMA, "operations")).filter((file) => file.endsWith(".graphql"));
    expect(EXAMPLES.map(({ operation }) => `${operation}.graphql`).sort()).toEqual(files.sort());
    const manifest = JSON.parse(readFileSync(join(SCHEMA, "persisted-documents.json"), "utf8")) as {
      operations: { name: string; type: string }[];
    };
    const named = EXAMPLES.map(({ query }) => getOperationAST(parse(query)));
    expect(manifest.operations.map(({ name, type }) => `${type} ${name}`).sort()).toEqual(
      named.map((operation) => `${operation?.operation ?? ""} ${operation?.name?.value ?? ""}`).sort(),
    );
  });

  test.each(EXAMPLES)(
    "$operation is valid against api.graphql, and so are its variables in examples.json",
    ({ query, variables }) => {
      const document = parse(query);
      expect(validate(schema, document)).toEqual([]);
      const { errors } = getVariableValues(schema, getOperationAST(document)?.variableDefinitions ?? [], variables);
      expect(errors).toBeUndefined();
    },
  );
});
