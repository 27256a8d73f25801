import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSchema, getOperationAST, getVariableValues, parse, validate } from "graphql";
import { examples } from "../../src/playground/page/examples";

const schema = buildSchema(readFileSync(join(__dirname, "../../schema/api.graphql"), "utf8"));

describe("the playground's example tabs", () => {
  it.each(examples.map((example, index) => [index + 1, example] as const))(
    "tab %i holds one named operation of the API, with the variables that it needs",
    (_number, { query, variables = "{}" }) => {
      const document = parse(query);
      expect(validate(schema, document)).toEqual([]);
      const operation = getOperationAST(document);
      expect(operation?.name?.value).toMatch(/^\w+$/);
      const values = JSON.parse(variables) as Record<string, unknown>;
      const { errors } = getVariableValues(schema, operation?.variableDefinitions ?? [], values);
      expect(errors).toBeUndefined();
    },
  );

  it("have titles of their own", () => {
    const titles = examples.map(({ query }) => getOperationAST(parse(query))?.name?.value);
    expect(new Set(titles).size).toBe(titles.length);
  });
});
