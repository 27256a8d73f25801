import fc from "fast-check";
import {
  buildSchema,
  coerceInputValue,
  GraphQLScalarType,
  type OperationDefinitionNode,
  parse,
  validate,
} from "graphql";
import { findArgumentErrors } from "../../../src/platform/graphql/request-errors/find-argument-errors";
import { findVariableErrors } from "../../../src/platform/graphql/request-errors/find-variable-errors";

const RUNS = 500;

const schema = buildSchema(`
  scalar Code
  enum Color { RED GREEN }
  input Inner { code: Code! count: Int = 1 more: [Inner!] }
  input Outer { id: ID! text: String color: Color colors: [Color!]! matrix: [[Int!]] inner: Inner required: Inner! }
  type Query { field(outer: Outer!, list: [Outer], code: Code! = "x"): Int }
`);
let coercions = 0;
const code = schema.getType("Code");
if (!(code instanceof GraphQLScalarType)) throw new Error("Code is not a scalar");
code.parseValue = (value) => {
  coercions += 1;
  if (value === "x") return value;
  throw new Error("not a code");
};
code.parseLiteral = (node) => code.parseValue("value" in node ? node.value : undefined);

const leaf = fc.constantFrom<unknown>(null, true, 0, 1.5, 3e9, "x", "RED", "RDE", "", "1");
const name = fc.constantFrom(
  "id",
  "text",
  "color",
  "colors",
  "matrix",
  "inner",
  "required",
  "code",
  "count",
  "more",
  "idd",
  "__proto__",
);
const { value: random } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(fc.tuple(name, tie("value")), { maxLength: 7 }).map((fields) => Object.fromEntries(fields) as unknown),
  ),
}));
/** Mostly correct, so that errors are also found deep inside. */
const almostValid = fc.record(
  {
    id: fc.oneof({ weight: 9, arbitrary: fc.constant<unknown>("x") }, random),
    color: fc.oneof({ weight: 3, arbitrary: fc.constantFrom<unknown>("RED", "GREEN", null) }, random),
    colors: fc.oneof({ weight: 3, arbitrary: fc.constantFrom<unknown>("RED", ["GREEN"], []) }, random),
    matrix: fc.oneof({ weight: 3, arbitrary: fc.constantFrom<unknown>(1, [1], [[1], null]) }, random),
    required: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom<unknown>({ code: "x" }, { code: "x", more: { code: "x" } }) },
      random,
    ),
  },
  { requiredKeys: ["colors", "required"] },
);

const { definitions } = parse("query($outer: Outer!) { field(outer: $outer) }");
const operation = definitions[0] as OperationDefinitionNode;
const outerType = schema.getType("Outer") as Parameters<typeof coerceInputValue>[1];

function isRejected(value: unknown): boolean {
  let errors = 0;
  coerceInputValue(value, outerType, () => (errors += 1));
  return errors > 0;
}

/** A value as GraphQL writes it: enum values are names. */
function toLiteral(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toLiteral).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{ ${Object.entries(value)
      .map(([field, inner]) => `${field}: ${toLiteral(inner)}`)
      .join(", ")} }`;
  return typeof value === "string" && /^[A-Z]+$/.test(value) ? value : JSON.stringify(value);
}

test("errors are found in the value of a variable exactly if graphql-js rejects it", () => {
  let rejected = 0;
  fc.assert(
    fc.property(fc.oneof(random, almostValid), (outer) => {
      fc.pre(outer !== null);
      if (isRejected(outer)) rejected += 1;
      expect(findVariableErrors(schema, operation, { outer }).length > 0).toBe(isRejected(outer));
    }),
    { numRuns: RUNS },
  );
  expect(rejected).toBeGreaterThan(RUNS / 10);
  expect(rejected).toBeLessThan((RUNS * 9) / 10);
});

test("errors are found in a literal exactly if graphql-js rejects the document", () => {
  let rejected = 0;
  fc.assert(
    fc.property(fc.oneof(random, almostValid), fc.constantFrom("outer", "list", "code", "lists"), (value, argument) => {
      const required = argument === "outer" ? "" : 'outer: { id: 1, colors: RED, required: { code: "x" } }, ';
      const document = parse(`{ field(${required}${argument}: ${toLiteral(value)}) }`);
      const isInvalid = validate(schema, document).length > 0;
      if (isInvalid) rejected += 1;
      expect(findArgumentErrors(schema, document).length > 0).toBe(isInvalid);
    }),
    { numRuns: RUNS },
  );
  expect(rejected).toBeLessThan(RUNS);
});

describe("the work for 10,000 errors ends with the twentieth:", () => {
  const times = (make: (index: number) => unknown) => Array.from({ length: 10_000 }, (_, index) => make(index));

  test("of a variable", () => {
    coercions = 0;
    const more = times(() => ({ code: "y" }));
    const outer = { id: 1, colors: [], required: { code: "x", more } };
    expect(findVariableErrors(schema, operation, { outer })).toHaveLength(20);
    expect(coercions).toBe(21); // the one that is valid
    const unknown = Object.fromEntries(times((index) => [`unknown${index}`, 1]) as [string, number][]);
    expect(findVariableErrors(schema, operation, { outer: unknown })).toHaveLength(20);
  });

  test("of a document", () => {
    coercions = 0;
    const document = parse(`{ ${times((index) => `a${index}: field(code: "y")`).join(" ")} }`);
    expect(findArgumentErrors(schema, document)).toHaveLength(20);
    expect(coercions).toBe(10); // each field lacks `outer`, too
    expect(findArgumentErrors(schema, parse(`{ field(list: [${times(() => 7).join(" ")}]) }`))).toHaveLength(20);
  });
});
