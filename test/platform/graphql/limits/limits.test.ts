import { deriveLimits } from "../../../../src/platform/graphql/limits/derive-limits";
import { Environment } from "../../../../src/config/environment";
import { FOLDED_LIMITS } from "../../../../src/config/retired-variables";
import { loadConfig } from "../../../../src/config/index";
import { createRequestGuard, type UncheckedRequest } from "../../../../src/platform/graphql/limits/request-guard";

const repeat = (text: string, count: number) => Array(count).fill(text).join(" ");
const list = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i)).join(" ");
const fields = (count: number) => list(count, (index) => `f${index}`);
const entities = (selection: string) => `query($r: [_Any!]!) { _entities(representations: $r) { ${selection} } }`;
const members = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`v${index}`, 1]));
const representations = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `${index}` }));

type RequestOfSize = (size: number) => UncheckedRequest;

/** For each variable of the guard: a request that needs exactly `size` of it. */
const REQUESTS: Readonly<Record<string, RequestOfSize>> = {
  LIMIT_TOKENS: (size) => ({ query: `{ a(b: [${repeat("1", size - 9)}]) }` }),
  LIMIT_DEPTH: (size) => ({ query: `${"{ a ".repeat(size)}${"}".repeat(size)}` }),
  LIMIT_FIELDS: (size) => ({ query: `{ ...F ${fields(size - 3)} } fragment F on Query { x y }` }),
  LIMIT_ALIASES: (size) => ({ query: `{ ${list(size, (index) => `a${index}: b`)} }` }),
  LIMIT_REPRESENTATIONS: (size) => ({ query: entities("a"), variables: { r: representations(size) } }),
  LIMIT_COST: (size) => ({ query: entities(fields(size / 2 - 1)), variables: { r: representations(2) } }),
  LIMIT_PROVIDER_CALLS: (size) => ({ query: `mutation { ${fields(size)} }` }),
};

/** A limit that follows from a variable: its size for values of the variable, and requests of that size. */
interface DerivedLimit {
  readonly variable: string;
  readonly sizes: Readonly<Record<number, number>>;
  readonly requests: readonly RequestOfSize[];
}

const DERIVED: Readonly<Record<string, DerivedLimit>> = {
  characters: {
    variable: "LIMIT_TOKENS",
    sizes: { 16: 210, 100: 1311, 5000: 65_536, 20_000: 262_144 },
    requests: [
      (size) => ({ query: "{ a }".padEnd(size) }),
      (size) => ({ query: "{ a }", variables: { v: { a: "x".repeat(size - 8) } } }),
    ],
  },
  lines: {
    variable: "LIMIT_TOKENS",
    sizes: { 16: 16, 100: 100, 5000: 500, 20_000: 2000 },
    requests: [(size) => ({ query: `{ a }${"\n".repeat(size - 1)}` })],
  },
  repeats: {
    variable: "LIMIT_FIELDS",
    sizes: { 16: 7, 100: 16, 1000: 50, 4000: 100 },
    requests: [(size) => ({ query: `{ ...F ${repeat("a", size - 1)} } fragment F on Query { a }` })],
  },
  fragments: {
    variable: "LIMIT_FIELDS",
    sizes: { 16: 13, 100: 32, 1000: 100, 4000: 200 },
    requests: [(size) => ({ query: `{ a } ${list(size, (index) => `fragment F${index} on Query { f${index} }`)}` })],
  },
  directives: {
    variable: "LIMIT_FIELDS",
    sizes: { 16: 1, 100: 5, 1000: 50, 4000: 200 },
    requests: [(size) => ({ query: `query @q { a ${repeat("@d", size - 1)} }` })],
  },
  variables: {
    variable: "LIMIT_FIELDS",
    sizes: { 16: 13, 100: 32, 1000: 100, 4000: 200 },
    requests: [
      (size) => ({ query: "{ a }", variables: members(size) }),
      (size) => ({ query: "{ a }", variables: { v: members(size) } }),
      (size) => ({ query: `query(${list(size, (index) => `$v${index}: Int`)}) { a }` }),
    ],
  },
  inputValues: {
    variable: "LIMIT_COST",
    sizes: { 16: 16, 100: 100, 20_000: 20_000 },
    requests: [(size) => ({ query: "{ a }", variables: { v: Array(size - 1).fill(null) } })],
  },
  inputDepth: {
    variable: "LIMIT_DEPTH",
    sizes: { 4: 4, 16: 16, 100: 100 },
    requests: [
      (size) => ({
        query: "{ a }",
        variables: { v: JSON.parse(`${"[".repeat(size)}${"]".repeat(size)}`) as unknown },
      }),
    ],
  },
};

const CACHE_BYTES = 2 ** 24;
const limitsOf = (environment: Readonly<Record<string, string>>) =>
  deriveLimits(loadConfig(environment).limits.documents);
const guardWith = (environment: Readonly<Record<string, string>>) =>
  createRequestGuard({
    limits: limitsOf(environment),
    listFields: new Set(["items"]),
    cacheBytes: CACHE_BYTES,
  });
/** Room for every request here, so that only the limit of a test can reject it. */
const ROOM = {
  LIMIT_TOKENS: "100000",
  LIMIT_DEPTH: "100",
  LIMIT_FIELDS: "1000",
  LIMIT_ALIASES: "100",
  LIMIT_REPRESENTATIONS: "100",
  LIMIT_COST: "100000",
  LIMIT_PROVIDER_CALLS: "100",
};
const exceeds = (variable: string, max: number) => ({
  code: "LIMIT_EXCEEDED",
  retryable: false,
  message: expect.stringMatching(new RegExp(`^The request exceeds ${variable}: .* must not .* ${max} `)),
});

describe("the request guard allows a request at the limit, and rejects one above it:", () => {
  test.each(
    Object.entries(REQUESTS).flatMap(([name, request]) => [16, 32].map((max) => [name, max, request] as const)),
  )("%s=%d", (name, max, request) => {
    const guard = guardWith({ ...ROOM, [name]: `${max}` });
    expect(guard(request(max))).not.toBeInstanceOf(Error);
    expect(guard(request(max + (name === "LIMIT_COST" ? 2 : 1)))).toMatchObject(exceeds(name, max));
  });
});

describe("a limit without a variable is derived:", () => {
  test.each(
    Object.entries(DERIVED).flatMap(([name, { variable, sizes, requests }]) =>
      Object.entries(sizes).map(([value, size]) => [variable, value, name, size, requests] as const),
    ),
  )("%s=%s allows %s up to %d", (variable, value, _name, size, requests) => {
    const guard = guardWith({ ...ROOM, [variable]: value });
    for (const request of requests) {
      expect(guard(request(size))).not.toBeInstanceOf(Error);
      expect(guard(request(size + 1))).toMatchObject(exceeds(variable, size));
    }
  });

  test.each([1, 2, 10, 99_999, 100_000])("LIMIT_FIELDS=%d allows at least one of everything", (fields) => {
    const { repeats, fragments, directives, variables } = limitsOf({ LIMIT_FIELDS: `${fields}` });
    expect(Math.min(repeats, fragments, directives, variables)).toBeGreaterThanOrEqual(1);
    // Validation compares pairs of repeated fields and of fragments, and each fragment of a chain is one step of recursion.
    expect((repeats - 1) ** 2).toBeLessThan(2.5 * fields);
    expect((fragments - 1) ** 2).toBeLessThan(10 * fields);
    expect(fragments).toBeLessThanOrEqual(1000);
  });

  test("the test covers every limit", () => {
    expect(Object.keys(REQUESTS).length + Object.keys(DERIVED).length).toBe(Object.keys(limitsOf({})).length);
  });

  test("a variable of an earlier version does not exist, and its replacement sets the derived limit", () => {
    const replacements = Object.values(DERIVED).map(({ variable }) => variable);
    expect(Object.values(FOLDED_LIMITS)).toEqual(replacements);
    expect(Object.keys(Environment.shape)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(new RegExp(`^(${Object.keys(FOLDED_LIMITS).join("|")})$`))]),
    );
  });
});

describe("an object in the variables with LIMIT_FIELDS=1 and LIMIT_TOKENS=7", () => {
  // 4 variables and 92 characters.
  const guard = guardWith({ LIMIT_FIELDS: "1", LIMIT_TOKENS: "7" });
  const over = (v: unknown) => {
    const verdict = guard({ query: "{ a }", variables: { v } });
    return verdict instanceof Error ? verdict.message : "inside";
  };
  const tooManyValues =
    "The request exceeds LIMIT_FIELDS: the request must not have more than 4 variables, and an object in them must not have more than 4 values.";
  const tooManyCharacters =
    "The request exceeds LIMIT_TOKENS: the document, and each object in the variables, must not have more than 92 characters.";

  test.each([
    ["four values", { a: 1, b: 2, c: 3, d: 4 }, "inside"],
    ["five values", { a: 1, b: 2, c: 3, d: 4, e: 5 }, tooManyValues],
    ["five values, some of them further down", { a: { b: [1, 2] }, c: 3 }, tooManyValues],
    ["five values, as an item of a list of lists", [[{ a: [1, 2, 3, 4] }]], tooManyValues],
    ["a long text", { a: "x".repeat(84) }, "inside"],
    ["a longer text", { a: "x".repeat(85) }, tooManyCharacters],
    ["a long name", { ["x".repeat(87)]: 1 }, tooManyCharacters],
  ])("that has %s", (_what, value, expected) => {
    expect(over(value)).toBe(expected);
  });

  test("is counted by itself in a list of objects, whose other items have other limits", () => {
    expect(over([{ a: "x".repeat(84) }, { a: "x".repeat(84) }, "x".repeat(200)])).toBe("inside");
    expect(over(Array(50).fill({ a: 1, b: 2, c: 3, d: 4 }))).toBe("inside");
  });
});

describe("the request guard counts", () => {
  const guard = guardWith({ LIMIT_REPRESENTATIONS: "3", LIMIT_FIELDS: "20" });
  const over = (query: string, variables?: object) => {
    const verdict = guard({ query, variables });
    return verdict instanceof Error ? verdict.message : "inside";
  };
  const tooManyRepresentations =
    "The request exceeds LIMIT_REPRESENTATIONS: the request must not have more than 3 different representations.";
  const inTwo = (one: string, other: string, head = "") =>
    `query${head} { a: _entities(representations: ${one}) { x } b: _entities(representations: ${other}) { x } }`;

  test.each([
    ["in the document", inTwo("[{id:1},{id:2}]", "[{id:3},{id:4}]"), {}],
    ["in variables", inTwo("$r", "$s", "($r: [_Any!]!, $s: [_Any!]!)"), { r: [1, 2], s: [3, 4] }],
    ["in a variable inside a list", inTwo("[$a, {id:2}]", "[{id:3},{id:4}]", "($a: _Any!)"), { a: 1 }],
    ["as a default", inTwo("$r", "[{id:4}]", "($r: [_Any!]! = [{id:1},{id:2},{id:3}])"), {}],
    [
      "through a fragment",
      `{ ...Q } fragment Q on Query { ... { _entities(representations: [1, 2, 3, 4]) { x } } }`,
      {},
    ],
  ])("representations %s", (_where, query, variables) => {
    expect(over(query, variables)).toBe(tooManyRepresentations);
  });

  test("equal representations of the document and of variables once", () => {
    expect(over(inTwo("$r", "$s", "($r: [_Any!]!, $s: [_Any!]!)"), { r: [1, 2, 3], s: [3, 2, 1, 1] })).toBe("inside");
  });

  test("the default of a variable only if the request has no value for it", () => {
    const query = inTwo("$r", "$r", "($r: [_Any!]! = [1, 2, 3, 4])");
    expect([over(query), over(query, { r: [1] })]).toEqual([tooManyRepresentations, "inside"]);
  });

  test.each([
    ["a fragment that nothing uses", `{ a } fragment F on Query { ${fields(20)} }`],
    ["an operation that is not executed", `query A { a } query B { ${fields(20)} }`],
    ["the second of two fragments of one name", `{ ...F } fragment F on Q { ${fields(20)} } fragment F on Q { a }`],
  ])("the fields of %s", (_what, query) => {
    expect(over(query)).toContain("20 fields and fragments");
  });

  test.each([
    ["inside another of its items", "{ a { items { b { items { c } } } } }"],
    ["under an alias", "{ items { b { x: items { c } } } }"],
    ["through a fragment", "{ items { ...F } } fragment F on X { b { ... on Y { items { c } } } }"],
  ])("a list field nested %s as an error", (_where, query) => {
    expect(guard({ query })).toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: "A list field must not be nested within itself.",
    });
  });

  test("a list field beside itself, and another field within itself, as allowed", () => {
    expect(over("{ items { a } x: items { b { b { a } } } c { items { a } } }")).toBe("inside");
  });

  test("a document that exceeds a limit with the same error each time", () => {
    const query = `{ ${fields(21)} }`;
    expect(guard({ query })).toBe(guard({ query }));
  });

  test("a document that it has seen twice without parsing it again", () => {
    const documents = Array.from({ length: 4 }, () => {
      const cost = guard({ query: "{ a }" });
      return cost instanceof Error ? undefined : cost.document;
    });
    const [first, second, third, fourth] = documents;
    expect(first).toMatchObject({ document: { kind: "Document" } });
    expect(second).not.toBe(first);
    expect(third).toBe(second);
    expect(fourth).toBe(second);
  });
});
