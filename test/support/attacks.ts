/** A request body as JSON text. `salt` ends up in the document, so that no two of them are remembered as the same. */
export type Body = (salt: string) => string;

/** A request that is over a limit, and one of the same kind just inside. */
export interface Attack {
  /** The variable that stops it. */
  readonly limit: string;
  /** What the client reads. */
  readonly message: string;
  readonly over: Body;
  readonly inside: Body;
}

const operation =
  (query: string, variables?: Readonly<Record<string, unknown>>): Body =>
  (salt) =>
    JSON.stringify({ query: `${query} #${salt}`, variables });

const times = <Value>(count: number, make: (index: number) => Value) =>
  Array.from({ length: count }, (_, i) => make(i));
const joined = (count: number, make: (index: number) => string) => times(count, make).join(" ");

const users = (count: number, prefix = "m") =>
  times(count, (index) => ({ __typename: "User", id: `${prefix}-${index}` }));
const entities = (selection: string, representations: readonly unknown[]) =>
  operation(`query($r: [_Any!]!) { _entities(representations: $r) { ... on User { ${selection} } } }`, {
    r: representations,
  });
const defaults = (count: number) => joined(count, (index) => `{ __typename: "User", id: "d-${index}" }`);
const byDefault = (inDocument: number, inVariables: number) =>
  operation(
    `query($r: [_Any!]! = [${defaults(inDocument)}], $s: [_Any!]!) {
      _entities(representations: $r) { __typename } more: _entities(representations: $s) { __typename } }`,
    { s: users(inVariables) },
  );
const aliasedEntities = (aliases: number) =>
  operation(
    `query($r: [_Any!]!) { ${joined(aliases, (index) => `a${index}: _entities(representations: $r) { __typename }`)} }`,
    { r: users(500) },
  );
const statuses = (count: number) =>
  operation("query($s: [BenefitStatus!]) { me { benefits(status: $s) { id } } }", { s: Array(count).fill("ACTIVE") });
/** As deep as introspection goes: types of types of types. */
const introspection = (depth: number) =>
  operation(
    `{ __type(name: "User") { fields { type { ${"ofType { ".repeat(depth - 4)}name${" }".repeat(depth - 4)} } } } }`,
  );
const fragments = (count: number, spreads: number) =>
  operation(
    `{ me { ...F0 } } ${joined(count, (index) =>
      index === count - 1
        ? `fragment F${index} on User { id }`
        : `fragment F${index} on User { ${`...F${index + 1} `.repeat(spreads)} }`,
    )}`,
  );
const inNestedFragments = (field: string) =>
  operation(
    `query($s: BenefitStatus! = ACTIVE) { ${joined(9, (index) => `a${index}: me { ...G }`)} }
      fragment G on User { ${"...F ".repeat(50)} } fragment F on User { ${field} }`,
  );
const cancellations = (selection: string) =>
  operation(`{ pixAuthorization(recurrenceId: "RR3822485720260110cancelled01") { cancellations { ${selection} } } }`);
const nestedVariable =
  (depth: number): Body =>
  (salt) =>
    `{"query":"{ __typename } #${salt}","variables":{"v":${"[".repeat(depth)}${"]".repeat(depth)}}}`;
const batch =
  (count: number): Body =>
  (salt) =>
    `[${times(count, () => operation("{ __typename }")(salt)).join(",")}]`;

const COST = "The request may cost at most 20000 fields and input values, counted once for each representation.";

const VARIABLES = "The request may have at most 100 variables, and an object in them as many values.";
const CHARACTERS = "The document may have at most 65536 characters, and an object in the variables as many.";
/** What is wrong of an object is told with the whole object, once for each member that it may not have. */
const unknownMembers = (count: number, value: unknown) =>
  operation("mutation($i: CancelUserInput!) { cancelUser(input: $i) { userErrors { code } } }", {
    i: Object.fromEntries(times(count, (index) => [`k${index}`, value])),
  });
const cancelling = operation("mutation($i: CancelUserInput!) { cancelUser(input: $i) { userErrors { code } } }", {
  i: { idempotencyKey: "attack", userId: "u-nobody" },
});

/** What each limit is there for, against the default values. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  "24,000 representations": {
    limit: "LIMIT_INPUT_VALUES",
    message: "The variables may hold at most 20000 values.",
    over: entities("id", users(24_000)),
    inside: entities("id", users(1000)),
  },
  "24,000 times the same representation": {
    limit: "LIMIT_INPUT_VALUES",
    message: "The variables may hold at most 20000 values.",
    over: entities("id", Array(24_000).fill(users(1)[0])),
    inside: entities("id", Array(6000).fill(users(1)[0])),
  },
  "a flood of values to coerce": {
    limit: "LIMIT_INPUT_VALUES",
    message: "The variables may hold at most 20000 values.",
    over: statuses(90_000),
    inside: statuses(19_000),
  },
  "1,001 representations": {
    limit: "LIMIT_REPRESENTATIONS",
    message: "The request may have at most 1000 different representations.",
    over: entities("id", users(1001)),
    inside: entities("id", [...users(1000), ...users(1000)]),
  },
  "1,001 representations, some of them defaults": {
    limit: "LIMIT_REPRESENTATIONS",
    message: "The request may have at most 1000 different representations.",
    over: byDefault(401, 600),
    inside: byDefault(400, 600),
  },
  "500 representations under 100 aliases": {
    limit: "LIMIT_COST",
    message: COST,
    over: aliasedEntities(100),
    inside: aliasedEntities(20),
  },
  "800 representations as a default under 190 aliases": {
    limit: "LIMIT_COST",
    message: COST,
    over: operation(
      `query($r: [_Any!]! = [${joined(800, () => "{}")}]) {
        ${joined(190, (index) => `a${index}: _entities(representations: $r) { __typename }`)} }`,
    ),
    inside: aliasedEntities(20),
  },
  "1,500 representations in a fragment used 50 times": {
    limit: "LIMIT_COST",
    message: COST,
    over: operation(
      `{ ${"...Q ".repeat(50)} } fragment Q on Query {
        _entities(representations: [${joined(1500, () => "{}")}]) { __typename } }`,
    ),
    inside: operation(
      `{ ${"...Q ".repeat(50)} } fragment Q on Query {
        _entities(representations: [${joined(50, () => '{ __typename: "User", id: "m-1" }')}]) { __typename } }`,
    ),
  },
  "2,250 uses of a variable in a fragment used 450 times": {
    limit: "LIMIT_COST",
    message: COST,
    over: inNestedFragments(`benefits(status: [${"$s ".repeat(2250)}])`),
    inside: operation(
      `query($s: BenefitStatus! = ACTIVE) { me { ${"...F ".repeat(50)} } }
        fragment F on User { benefits(status: [${"$s ".repeat(190)}]) { id } }`,
    ),
  },
  "4,500 values in a fragment used 450 times": {
    limit: "LIMIT_COST",
    message: COST,
    over: inNestedFragments(`benefits(status: [${"ACTIVE ".repeat(4500)}])`),
    inside: operation(
      `{ me { ${"...F ".repeat(50)} } } fragment F on User { benefits(status: [${"ACTIVE ".repeat(380)}]) { id } }`,
    ),
  },
  "50 fields of 1,000 representations": {
    limit: "LIMIT_COST",
    message: COST,
    over: entities(
      joined(50, (index) => `a${index}: id`),
      users(1000),
    ),
    inside: entities(
      joined(15, (index) => `a${index}: id`),
      users(1000),
    ),
  },
  "a long list for each of 200 representations": {
    limit: "LIMIT_COST",
    message: COST,
    over: operation(
      `query($r: [_Any!]!, $s: [BenefitStatus!]) {
        _entities(representations: $r) { ... on User { benefits(status: $s) { id } } } }`,
      { r: users(200), s: Array(18_000).fill("ACTIVE") },
    ),
    inside: statuses(18_000),
  },
  "the schema's whole text 190 times": {
    limit: "LIMIT_COST",
    message: COST,
    over: operation(`{ ${joined(190, (index) => `a${index}: _service { sdl }`)} }`),
    inside: operation("{ _service { sdl } }"),
  },
  "201 provider calls": {
    limit: "LIMIT_PROVIDER_CALLS",
    message: "The request may cost at most 200 provider calls.",
    over: entities("benefits { id }", users(201)),
    inside: entities("benefits { id }", users(200)),
  },
  "1,000 members' benefits and offers": {
    limit: "LIMIT_PROVIDER_CALLS",
    message: "The request may cost at most 200 provider calls.",
    over: entities("benefits { id } currentOffer { status }", users(1000)),
    inside: entities("id enrollment { status }", users(1000)),
  },
  "1,000 aliases": {
    limit: "LIMIT_ALIASES",
    message: "The document may have at most 200 aliases.",
    over: operation(`{ ${joined(1000, (index) => `a${index}: __typename`)} }`),
    inside: operation(`{ ${joined(200, (index) => `a${index}: __typename`)} }`),
  },
  "50 fragments that spread the next 50 times": {
    limit: "LIMIT_TOKENS",
    message: "The document may have at most 5000 tokens.",
    over: fragments(50, 50),
    inside: fragments(50, 1),
  },
  "a fragment of 50 fields in 50 places": {
    limit: "LIMIT_FIELDS",
    message: "The document may have at most 1000 fields and fragments, each counted wherever it is used.",
    over: operation(
      `{ ${joined(50, (index) => `a${index}: me { ...F }`)} } fragment F on User { ${"id ".repeat(50)} }`,
    ),
    inside: operation(
      `{ ${joined(50, (index) => `a${index}: me { ...F }`)} } fragment F on User { ${"id ".repeat(18)} }`,
    ),
  },
  "fragments that double 90 times": {
    limit: "LIMIT_REPEATS",
    message: "The document may select one name at most 50 times in one place.",
    over: fragments(90, 2),
    inside: fragments(6, 2),
  },
  "one field 300 times, compared in pairs": {
    limit: "LIMIT_REPEATS",
    message: "The document may select one name at most 50 times in one place.",
    over: operation(`{ ${"me { benefits { id } } ".repeat(300)} }`),
    inside: operation(`{ ${"me { benefits { id } } ".repeat(50)} }`),
  },
  "101 fragments": {
    limit: "LIMIT_FRAGMENTS",
    message: "The document may define at most 100 fragments.",
    over: fragments(101, 1),
    inside: fragments(100, 1),
  },
  "17 fields deep": {
    limit: "LIMIT_DEPTH",
    message: "The document may be at most 16 fields deep.",
    over: introspection(17),
    inside: introspection(16),
  },
  "10,000 fields deep": {
    limit: "LIMIT_DEPTH",
    message: "The document may be at most 16 fields deep.",
    over: operation(`${"{a".repeat(10_000)}${"}".repeat(10_000)}`),
    inside: introspection(16),
  },
  "10,000 lists deep, and never closed": {
    limit: "LIMIT_DEPTH",
    message: "The document may be at most 16 fields deep.",
    over: operation(`{ user(id: ${"[".repeat(10_000)}`),
    inside: introspection(16),
  },
  "15,000 tokens": {
    limit: "LIMIT_TOKENS",
    message: "The document may have at most 5000 tokens.",
    over: operation(`{ me { ${"id ".repeat(15_000)} } }`),
    inside: operation(`{ me { benefits(status: [${"ACTIVE ".repeat(4900)}]) { id } } }`),
  },
  "65,000 lines": {
    limit: "LIMIT_LINES",
    message: "The document may have at most 500 lines.",
    over: operation(`${"\n".repeat(65_000)}{ __typename }`),
    inside: operation(`${"\n".repeat(499)}{ __typename }`),
  },
  "a document of 500,000 characters": {
    limit: "LIMIT_CHARACTERS",
    message: CHARACTERS,
    over: operation(`${" ".repeat(500_000)}{ __typename }`),
    inside: operation(`${" ".repeat(65_000)}{ __typename }`),
  },
  "600 directives": {
    limit: "LIMIT_DIRECTIVES",
    message: "The document may have at most 50 directives.",
    over: operation(`{ __typename ${"@include(if: true) ".repeat(600)} }`),
    inside: operation(`{ ${"...@include(if: true) { __typename } ".repeat(50)} }`),
  },
  "10,000 variables": {
    limit: "LIMIT_VARIABLES",
    message: VARIABLES,
    over: operation("{ __typename }", Object.fromEntries(times(10_000, (index) => [`v${index}`, index]))),
    inside: operation("{ __typename }", Object.fromEntries(times(100, (index) => [`v${index}`, index]))),
  },
  "500 variables that the document defines": {
    limit: "LIMIT_VARIABLES",
    message: VARIABLES,
    over: operation(`query(${joined(500, (index) => `$v${index}: Boolean = true`)}) { __typename }`),
    inside: operation(
      `query(${joined(50, (index) => `$v${index}: Boolean = true`)}) {
        ${joined(50, (index) => `...@include(if: $v${index}) { __typename }`)} }`,
    ),
  },
  "cancellations of cancellations": {
    limit: "none: a list inside itself is never right",
    message: "A list may not be selected inside itself.",
    over: cancellations("authorization { cancellations { id } }"),
    inside: cancellations("id authorization { status }"),
  },
  "an object of 18,000 unknown members": {
    limit: "LIMIT_VARIABLES",
    message: VARIABLES,
    over: unknownMembers(18_000, "x".repeat(30)),
    inside: cancelling,
  },
  "60 unknown members, each an object of 100": {
    limit: "LIMIT_VARIABLES",
    message: VARIABLES,
    over: unknownMembers(60, Object.fromEntries(times(100, (index) => [`k${index}`, "x".repeat(100)]))),
    inside: cancelling,
  },
  "60 unknown members of 15,000 characters": {
    limit: "LIMIT_CHARACTERS",
    message: CHARACTERS,
    over: unknownMembers(60, "x".repeat(15_000)),
    inside: cancelling,
  },
  "100,000 lists in one another in a variable": {
    limit: "LIMIT_INPUT_DEPTH",
    message: "The variables may be at most 16 levels deep.",
    over: nestedVariable(100_000),
    inside: nestedVariable(15),
  },
  "a batch of 1,000 operations": {
    limit: "none: there is no batching",
    message: "A request may hold one operation only, not a batch.",
    over: batch(1000),
    inside: operation("{ __typename }"),
  },
};
