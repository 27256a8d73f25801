import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { deriveLimits } from "../../../../src/platform/graphql/limits/derive-limits";
import { Environment } from "../../../../src/config/environment";
import { FOLDED_LIMITS } from "../../../../src/config/retired-variables";
import { loadConfig } from "../../../../src/config/index";
import { createDocumentCache } from "../../../../src/platform/graphql/limits/document-cache";
import {
  createRequestGuard,
  analyzeDocument,
  type UncheckedRequest,
} from "../../../../src/platform/graphql/limits/request-guard";

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

describe("every limit of a request is a variable, and the value itself is allowed", () => {
  test.each(
    Object.entries(REQUESTS).flatMap(([name, request]) => [16, 32].map((max) => [name, max, request] as const)),
  )("%s=%d", (name, max, request) => {
    const guard = guardWith({ ...ROOM, [name]: `${max}` });
    expect(guard(request(max))).not.toBeInstanceOf(Error);
    expect(guard(request(max + (name === "LIMIT_COST" ? 2 : 1)))).toMatchObject(exceeds(name, max));
  });
});

describe("the other limits follow from a variable", () => {
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

  test.each([1, 2, 10, 99_999, 100_000])("with LIMIT_FIELDS=%d, every one allows at least one", (fields) => {
    const { repeats, fragments, directives, variables } = limitsOf({ LIMIT_FIELDS: `${fields}` });
    expect(Math.min(repeats, fragments, directives, variables)).toBeGreaterThanOrEqual(1);
    // Validation compares pairs of repeated fields and of fragments, and each fragment of a chain is one step of recursion.
    expect((repeats - 1) ** 2).toBeLessThan(2.5 * fields);
    expect((fragments - 1) ** 2).toBeLessThan(10 * fields);
    expect(fragments).toBeLessThanOrEqual(1000);
  });

  test("the tables above have every limit", () => {
    expect(Object.keys(REQUESTS).length + Object.keys(DERIVED).length).toBe(Object.keys(limitsOf({})).length);
  });

  test("a variable of an earlier version is unknown, and its replacement is one that sets a limit here", () => {
    const replacements = Object.values(DERIVED).map(({ variable }) => variable);
    expect(Object.values(FOLDED_LIMITS)).toEqual(replacements);
    expect(Object.keys(Environment.shape)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(new RegExp(`^(${Object.keys(FOLDED_LIMITS).join("|")})$`))]),
    );
  });
});

describe("what an object in the variables may have, so that no message about it is long", () => {
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
  ])("%s", (_what, value, expected) => {
    expect(over(value)).toBe(expected);
  });

  test("lists have other limits, and each of their objects has its own", () => {
    expect(over([{ a: "x".repeat(84) }, { a: "x".repeat(84) }, "x".repeat(200)])).toBe("inside");
    expect(over(Array(50).fill({ a: 1, b: 2, c: 3, d: 4 }))).toBe("inside");
  });
});

describe("what is counted", () => {
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

  test("the same representation counts once, wherever it comes from", () => {
    expect(over(inTwo("$r", "$s", "($r: [_Any!]!, $s: [_Any!]!)"), { r: [1, 2, 3], s: [3, 2, 1, 1] })).toBe("inside");
  });

  test("a default counts where the request has no such variable, and only there", () => {
    const query = inTwo("$r", "$r", "($r: [_Any!]! = [1, 2, 3, 4])");
    expect([over(query), over(query, { r: [1] })]).toEqual([tooManyRepresentations, "inside"]);
  });

  test.each([
    ["a fragment that nothing uses", `{ a } fragment F on Query { ${fields(20)} }`],
    ["an operation that is not asked for", `query A { a } query B { ${fields(20)} }`],
    ["the second of two fragments of one name", `{ ...F } fragment F on Q { ${fields(20)} } fragment F on Q { a }`],
  ])("%s", (_what, query) => {
    expect(over(query)).toContain("20 fields and fragments");
  });

  test.each([
    ["inside another of its items", "{ a { items { b { items { c } } } } }"],
    ["under an alias", "{ items { b { x: items { c } } } }"],
    ["through a fragment", "{ items { ...F } } fragment F on X { b { ... on Y { items { c } } } }"],
  ])("a list %s is refused: it would multiply", (_where, query) => {
    expect(guard({ query })).toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: "A list field must not be nested within itself.",
    });
  });

  test("a list beside itself, and what is no list inside itself, are not", () => {
    expect(over("{ items { a } x: items { b { b { a } } } c { items { a } } }")).toBe("inside");
  });

  test("a verdict that is remembered is the same", () => {
    const query = `{ ${fields(21)} }`;
    expect(guard({ query })).toBe(guard({ query }));
  });

  test("a document is kept when it is seen for the second time, and is parsed for the third time by nobody", () => {
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

describe("what a document costs the guard itself, by default: under 50 ms of CPU, and what it is charged to remember", () => {
  const usesOf = (count: number, name: (index: number) => string) => `x(y: [${list(count, name)}])`;
  const nested = (inside: string, head = "") =>
    `query${head} { ${list(9, (index) => `a${index}: a { ...G }`)} }
      fragment G on X { ${repeat("...F", 50)} } fragment F on X { ${inside} }`;
  const definitions = `(${list(100, (index) => `$v${index}: X`)})`;
  const variable = (index: number) => `$v${index}`;
  const hundred = `fragment F on X { ${usesOf(100, variable)} }`;

  const DOCUMENTS: Readonly<Record<string, string>> = {
    "2,250 uses of one variable in a fragment used 450 times": nested(
      usesOf(2250, () => "$v0"),
      "($v0: X)",
    ),
    "as many of variables that nobody defines": nested(usesOf(2250, variable)),
    "4,500 literals in a fragment used 450 times": nested(usesOf(4500, String)),
    "4,500 literals in a fragment used 450 times below one root field": `{
      root { ${list(9, (index) => `a${index}: a { ...G }`)} } }
      fragment G on X { ${repeat("...F", 50)} } fragment F on X { ${usesOf(4500, String)} }`,
    "190 uses of one variable in a field that is selected 50 times": `query($v0: X) {
      me { ${repeat("...F", 50)} } } fragment F on X { ${usesOf(190, () => "$v0")} }`,
    "100 variables for each of 90 variables of representations": `query${definitions} {
      ${list(90, (index) => `a${index}: _entities(representations: $v${index}) { ...F }`)} } ${hundred}`,
    "100 variables for each of 100 representations, 15 times": `query${definitions} {
      ${list(15, (index) => `a${index}: _entities(representations: [${list(100, variable)}]) { ...F }`)} } ${hundred}`,
    "4,000 literals in each of 190 fields of no representation": `{
      ${list(190, (index) => `a${index}: _entities(representations: []) { ...F }`)} }
      fragment F on X { ${usesOf(3000, String)} }`,
    "900 operations": list(900, (index) => `query Q${index} { a }`),
    "900 representations as a default": `query($r: [X] = [${list(900, (id) => `{ id: ${id} }`)}]) {
      _entities(representations: $r) { a } }`,
    "201 aliases and 4,000 literals": `{ ${usesOf(4000, String)} ${list(201, (index) => `a${index}: b`)} }`,
    "65,000 characters that are no Latin letters": `{ a(b: "${"\u{65e5}".repeat(65_000)}") }`,
  };

  const heapUsed = (): number => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    collect();
    return process.memoryUsage().heapUsed;
  };
  // As it comes from a socket: a text of its own each time.
  const documentOf = (text: string, index: number) => Buffer.from(`${text} #${index}`).toString();

  test.each(Object.entries(DOCUMENTS))("%s", (_name, text) => {
    const guard = guardWith({});
    const TIMES = 20;
    guard({ query: documentOf(text, TIMES) });
    let leastMs = Infinity;
    for (let index = 0; index < TIMES; index += 1) {
      const query = documentOf(text, index);
      const start = process.cpuUsage();
      guard({ query });
      const { user, system } = process.cpuUsage(start);
      leastMs = Math.min(leastMs, (user + system) / 1000);
    }
    expect(leastMs).toBeLessThan(50);
  });

  const ORDINARY: Readonly<Record<string, string>> = {
    "an ordinary query": `query Q { me { id currentOffer { status offer { name price { amount currency } } }
      benefits { id name coverage { amount currency } pendingSwap { direction at } } } }`,
    "190 aliases": `{ ${list(190, (index) => `a${index}: b { c d }`)} }`,
    "500 objects": `{ a(b: [${list(500, (index) => `{ __typename: "User", id: "u-${index}" }`)}]) }`,
    "90 variables": `query(${list(90, (index) => `$v${index}: [String!]! = "a"`)}) { a(b: [${list(90, variable)}]) }`,
    "90 fragments": `{ ...F0 } ${list(90, (index) => `fragment F${index} on X { a b }`)}`,
    "60,000 characters": `{ a(b: "${"x".repeat(60_000)}") }`,
  };

  test.each(Object.entries({ ...DOCUMENTS, ...ORDINARY }))(
    "what is charged for %s is what the heap holds",
    (_name, text) => {
      const documents = createDocumentCache(2 ** 30, (query) =>
        analyzeDocument(query, { limits: deriveLimits(loadConfig({}).limits.documents), listFields: new Set() }),
      );
      const TIMES = 40;
      const seeTwice = (from: number, to: number) => {
        for (let index = from; index < to; index += 1)
          for (let time = 0; time < 2; time += 1) documents.get(documentOf(text, index));
      };
      seeTwice(-TIMES, 0);
      const ROUNDS = 3;
      const excesses: number[] = [];
      let before = heapUsed();
      for (let round = 0; round < ROUNDS; round += 1) {
        const charged = documents.state().bytes;
        seeTwice(round * TIMES, (round + 1) * TIMES);
        const after = heapUsed();
        excesses.push(after - before - 1.2 * (documents.state().bytes - charged));
        before = after;
      }
      expect(documents.state().documents).toBe((1 + ROUNDS) * TIMES); // until here all that is kept is in use
      // V8 compiles when it likes, which only adds: in one round of some it adds nothing.
      expect(Math.min(...excesses)).toBeLessThan(200_000);
    },
  );

  test("documents that are seen once each hold nothing", () => {
    const guard = guardWith({});
    const see = (from: number, to: number) => {
      for (let index = from; index < to; index += 1) guard({ query: documentOf(ORDINARY["190 aliases"] ?? "", index) });
    };
    see(-50, 0);
    const before = heapUsed();
    see(0, 500);
    expect(heapUsed() - before).toBeLessThan(2_000_000); // kept, they would be 110 MB
    expect(guard({ query: "{ a }" })).toBeDefined();
  });
});
