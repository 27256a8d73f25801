import {
  buildSchema,
  execute,
  getNamedType,
  getNullableType,
  introspectionTypes,
  isListType,
  isObjectType,
  isScalarType,
  parse,
} from "graphql";
import { chargeFields } from "../../../../src/platform/graphql/limits/charge-fields";
import { createResponseBudget } from "../../../../src/platform/graphql/limits/response-budget";
import { createSubgraph } from "../../../../src/app/schema";

const schema = buildSchema(`
  scalar Custom
  enum Color { RED BLUE }
  interface Named { name: String }
  type Cat implements Named { page(first: Int! = 1, after: String, ids: [Int]): String name: String lives: Int friends: [Named!]! }
  type Dog implements Named { name: String a: Int b: Int c: Int }
  union Pet = Cat | Dog
  type Query {
    cats: [Cat!]! names: [String!]! ids: [ID] colors: [Color!] numbers: [Int!] customs: [Custom] named: [Named!] pets: [Pet!]
    rows: [[Cat!]!] set: [Cat!] later: [Cat!] items: [Cat] failing: [Cat] broken: [Cat] rejected: Cat text: String laterText: String fails: String
  }
`);
const cat = () => ({ __typename: "Cat", name: "12345", lives: 9, friends: [] });
const cats = (count: number) => Array.from({ length: count }, cat);
const RESOLVERS: Readonly<Record<string, () => unknown>> = {
  later: () => Promise.resolve(cats(10)),
  items: () => cats(10).map((one) => Promise.resolve(one)),
  broken: () => cats(10).map(() => new Error("no")),
  rejected: () => new Error("no"),
  failing: () => cats(10).map(() => Promise.reject(new Error("no"))),
  laterText: () => Promise.resolve("x".repeat(500)),
  fails: () => Promise.reject(new Error("no")),
};
for (const [name, resolve] of Object.entries(RESOLVERS)) {
  const field = schema.getQueryType()?.getFields()[name];
  if (field) field.resolve = resolve;
}
chargeFields(schema);
const ROOT = {
  cats: cats(10),
  names: Array(10).fill("x"),
  ids: Array(10).fill("x"),
  colors: Array(10).fill("RED"),
  numbers: Array(10).fill(1),
  customs: Array(10).fill("x"),
  named: cats(10),
  pets: cats(10),
  rows: [cats(5), cats(5)],
  set: new Set(cats(10)),
  text: "x".repeat(500),
};

/** Whether the answer is within so many nodes and bytes, and what would be sent if nobody asked. */
async function answered(query: string, nodes: number, bytes = 1_000_000) {
  const answer = createResponseBudget({ nodes, bytes });
  const result = await execute({
    schema,
    document: parse(query),
    rootValue: ROOT,
    contextValue: { responseBudget: answer },
  });
  return { isOver: answer.isExceeded(), ...result };
}

/** The least budget of nodes that the answer is within. */
async function nodesOf(query: string, variableValues: Record<string, unknown>): Promise<number> {
  for (let nodes = 1; ; nodes += 1) {
    const answer = createResponseBudget({ nodes, bytes: 1_000_000 });
    await execute({
      schema,
      document: parse(query),
      rootValue: ROOT,
      contextValue: { responseBudget: answer },
      variableValues,
    });
    if (!answer.isExceeded()) return nodes;
  }
}

test.each([
  ["cats { lives }", 20],
  ["cats { __typename name lives }", 40],
  ["cats { a: lives b: lives }", 30],
  ["cats { friends { name } }", 20],
  ["cats { ...F } } fragment F on Cat { lives name", 30],
  ["cats { lives ...F } } fragment F on Cat { lives", 20],
  ["cats { lives @skip(if: true) name }", 20],
  ["names", 10],
  ["ids", 10],
  ["colors", 10],
  ["numbers", 10],
  ["customs", 30],
  ["named { name ... on Dog { a b c } ... on Cat { lives } }", 50],
  ["pets { ... on Dog { a b c } ... on Cat { lives } }", 40],
  ["rows { lives }", 22],
  ["set { lives }", 20],
  ["later { lives }", 20],
  ["items { lives }", 20],
  ["fails", 40],
  ["failing { lives }", 420],
  ["broken { lives }", 420],
  ["rejected { lives }", 40],
  ["cats { lives } names", 30],
])("{ %s } costs %d nodes", async (selection, cost) => {
  expect((await answered(`{ ${selection} }`, cost)).isOver).toBe(false);
  expect((await answered(`{ ${selection} }`, cost - 1)).isOver).toBe(true);
});

test.each(["text", "laterText"])("{ %s } costs its characters each time that it is selected", async (name) => {
  for (const [bytes, isOver] of [
    [1000, false],
    [999, true],
  ] as const) {
    expect((await answered(`{ ${name} again: ${name} }`, 1000, bytes)).isOver).toBe(isOver);
  }
});

test("texts in lists, and names of fields, cost their characters", async () => {
  expect((await answered("{ names }", 1000, 10 * 9)).isOver).toBe(false);
  expect((await answered("{ names }", 1000, 10 * 9 - 1)).isOver).toBe(true);
  const long = `{ cats { ${"a".repeat(1000)}: lives } }`;
  expect((await answered(long, 1000, 11_000)).isOver).toBe(false);
  expect((await answered(long, 1000, 10_000)).isOver).toBe(true);
});

test.each([
  ["fails", 1, 0],
  ["rejected { lives }", 1, 0],
  ["failing { lives }", 10, 10 * 21],
  ["broken { lives }", 10, 10 * 21],
])("each error of { %s } costs its own bytes and those of its path", async (selection, errors, others) => {
  const alias = "a".repeat(1000);
  const bytes = errors * (256 + 4 + alias.length) + others;
  expect((await answered(`{ ${alias}: ${selection} }`, 10_000, bytes)).isOver).toBe(false);
  expect((await answered(`{ ${alias}: ${selection} }`, 10_000, bytes - 1)).isOver).toBe(true);
});

test.each([
  ["page(first: $n)", 42],
  ["page(after: $n)", 3],
  ["page(ids: [1, $n])", 44],
  ["page(ids: $n)", 3],
  ["page(first: $given)", 3],
])(
  "the field %s of ten items, with $n null, costs %d nodes for each, with its error if it is rejected",
  async (field, nodes) => {
    const query = `query($n: Int, $given: Int) { cats { ${field} } }`;
    expect(await nodesOf(query, { n: null, given: 1 })).toBe(10 * nodes);
  },
);

describe("a response exceeds a budget of 100 bytes by its exact size:", () => {
  const isOver = (text: string) => {
    const answer = createResponseBudget({ nodes: 1, bytes: 100 });
    answer.checkSize(text);
    return answer.isExceeded();
  };
  test.each([
    ["x".repeat(100), false],
    ["x".repeat(101), true],
    ["\u00e9".repeat(50), false],
    ["\u00e9".repeat(51), true],
    ["\u65e5".repeat(33), false],
    ["\u65e5".repeat(34), true],
    ["\u{1f600}".repeat(25), false],
    ["\u{1f600}".repeat(26), true],
  ])("%s: %s", (text, expected) => {
    expect(isOver(text)).toBe(expected);
  });

  test("a text of more than 100 characters without being encoded", () => {
    const byteLength = jest.spyOn(Buffer, "byteLength");
    expect(isOver("\u65e5".repeat(101))).toBe(true);
    expect(byteLength).not.toHaveBeenCalled();
    byteLength.mockRestore();
  });
});

test("the cost of a list item is computed for each execution, with its variables, and for each list of lists", async () => {
  const document = parse("query($more: Boolean!) { cats { lives ... @include(if: $more) { a: lives b: lives } } }");
  const isOver = async (more: boolean, nodes: number) => {
    const answer = createResponseBudget({ nodes, bytes: 1_000_000 });
    await execute({
      schema,
      document,
      rootValue: ROOT,
      contextValue: { responseBudget: answer },
      variableValues: { more },
    });
    return answer.isExceeded();
  };
  expect([await isOver(false, 20), await isOver(true, 39), await isOver(true, 40)]).toEqual([false, true, false]);
  expect([await isOver(false, 19), await isOver(false, 20)]).toEqual([true, false]);
  expect(await nodesOf("{ rows { lives } again: rows { lives } }", {})).toBe(44);
});

test("a list over the response budget and the fields after it are not completed", async () => {
  expect(await answered("{ cats { name } later { name } items { name } failing { name } fails }", 5)).toEqual({
    isOver: true,
    data: { cats: [], later: [], items: [], failing: [], fails: null },
  });
});

test("lists of introspection are charged like other lists", async () => {
  expect((await answered("{ __schema { types { name fields { name } } } }", 20)).isOver).toBe(true);
});

test("every list and every text of our schema, and of introspection, has a resolver that charges", async () => {
  const { schema: ours } = await createSubgraph();
  const fields = [...Object.values(ours.getTypeMap()), ...introspectionTypes]
    .filter(isObjectType)
    .flatMap((type) => Object.values(type.getFields()).map((field) => ({ name: `${type.name}.${field.name}`, field })));
  const isCharged = new Set(["String", "ID", "_Any"]);
  const charged = fields.filter(({ field: { type } }) => {
    const named = getNamedType(type);
    return isListType(getNullableType(type)) || (isScalarType(named) && isCharged.has(named.name));
  });
  expect(charged.length).toBeGreaterThan(60);
  expect(charged.filter(({ field }) => field.resolve === undefined).map(({ name }) => name)).toEqual([]);
});
