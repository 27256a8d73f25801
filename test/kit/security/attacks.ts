/** A request body as JSON text. `salt` becomes part of the document, so that no two bodies have the same cached document. */
export type BodyFactory = (salt: string) => string;

/** A request over a limit, and a similar one within it. */
export interface Attack {
  /** The variable of the limit that rejects it. */
  readonly limit: string;
  /** The error message. */
  readonly message: string;
  readonly exceeding: BodyFactory;
  readonly allowed: BodyFactory;
}

const operation =
  (query: string, variables?: Readonly<Record<string, unknown>>): BodyFactory =>
  (salt) =>
    JSON.stringify({ query: `${query} #${salt}`, variables });

const times = <Value>(count: number, make: (index: number) => Value) =>
  Array.from({ length: count }, (_, i) => make(i));
const repeatJoined = (count: number, make: (index: number) => string) => times(count, make).join(" ");

const users = (count: number, prefix = "m") =>
  times(count, (index) => ({ __typename: "User", id: `${prefix}-${index}` }));
const entities = (selection: string, representations: readonly unknown[]) =>
  operation(`query($r: [_Any!]!) { _entities(representations: $r) { ... on User { ${selection} } } }`, {
    r: representations,
  });
const defaults = (count: number) => repeatJoined(count, (index) => `{ __typename: "User", id: "d-${index}" }`);
const byDefault = (inDocument: number, inVariables: number) =>
  operation(
    `query($r: [_Any!]! = [${defaults(inDocument)}], $s: [_Any!]!) {
      _entities(representations: $r) { __typename } more: _entities(representations: $s) { __typename } }`,
    { s: users(inVariables) },
  );
const aliasedEntities = (aliases: number) =>
  operation(
    `query($r: [_Any!]!) { ${repeatJoined(aliases, (index) => `a${index}: _entities(representations: $r) { __typename }`)} }`,
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
    `{ me { ...F0 } } ${repeatJoined(count, (index) =>
      index === count - 1
        ? `fragment F${index} on User { id }`
        : `fragment F${index} on User { ${`...F${index + 1} `.repeat(spreads)} }`,
    )}`,
  );
const inNestedFragments = (field: string) =>
  operation(
    `query($s: BenefitStatus! = ACTIVE) { ${repeatJoined(9, (index) => `a${index}: me { ...G }`)} }
      fragment G on User { ${"...F ".repeat(50)} } fragment F on User { ${field} }`,
  );
const cancellations = (selection: string) =>
  operation(`{ pixAuthorization(recurrenceId: "RR3822485720260110cancelled01") { cancellations { ${selection} } } }`);
const nestedVariable =
  (depth: number): BodyFactory =>
  (salt) =>
    `{"query":"{ __typename } #${salt}","variables":{"v":${"[".repeat(depth)}${"]".repeat(depth)}}}`;
const batch =
  (count: number): BodyFactory =>
  (salt) =>
    `[${times(count, () => operation("{ __typename }")(salt)).join(",")}]`;

const COST_MESSAGE =
  "The request exceeds LIMIT_COST: the request must not cost more than 20000 fields and input values, counted once for each representation.";

const VARIABLES_MESSAGE =
  "The request exceeds LIMIT_FIELDS: the request must not have more than 100 variables, and an object in them must not have more than 100 values.";
const CHARACTERS_MESSAGE =
  "The request exceeds LIMIT_TOKENS: the document, and each object in the variables, must not have more than 65536 characters.";
/** graphql-js repeats the whole object in the message of each unknown member. */
const unknownMembers = (count: number, value: unknown) =>
  operation("mutation($i: CancelUserInput!) { cancelUser(input: $i) { userErrors { code } } }", {
    i: Object.fromEntries(times(count, (index) => [`k${index}`, value])),
  });
const cancelUserOperation = operation(
  "mutation($i: CancelUserInput!) { cancelUser(input: $i) { userErrors { code } } }",
  {
    i: { idempotencyKey: "attack", userId: "u-unknown" },
  },
);

/** The attacks that each limit stops, with the default values. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  "24,000 representations": {
    limit: "LIMIT_COST",
    message: "The request exceeds LIMIT_COST: the variables must not have more than 20000 values.",
    exceeding: entities("id", users(24_000)),
    allowed: entities("id", users(1000)),
  },
  "24,000 times the same representation": {
    limit: "LIMIT_COST",
    message: "The request exceeds LIMIT_COST: the variables must not have more than 20000 values.",
    exceeding: entities("id", Array(24_000).fill(users(1)[0])),
    allowed: entities("id", Array(6000).fill(users(1)[0])),
  },
  "a flood of values to coerce": {
    limit: "LIMIT_COST",
    message: "The request exceeds LIMIT_COST: the variables must not have more than 20000 values.",
    exceeding: statuses(90_000),
    allowed: statuses(19_000),
  },
  "1,001 representations": {
    limit: "LIMIT_REPRESENTATIONS",
    message:
      "The request exceeds LIMIT_REPRESENTATIONS: the request must not have more than 1000 different representations.",
    exceeding: entities("id", users(1001)),
    allowed: entities("id", [...users(1000), ...users(1000)]),
  },
  "1,001 representations, some of them defaults": {
    limit: "LIMIT_REPRESENTATIONS",
    message:
      "The request exceeds LIMIT_REPRESENTATIONS: the request must not have more than 1000 different representations.",
    exceeding: byDefault(401, 600),
    allowed: byDefault(400, 600),
  },
  "500 representations under 100 aliases": {
    limit: "LIMIT_COST",
    message: COST_MESSAGE,
    exceeding: aliasedEntities(100),
    allowed: aliasedEntities(20),
  },
  "800 representations as a default under 190 aliases": {
    limit: "LIMIT_COST",
    message: COST_MESSAGE,
    exceeding: operation(
      `query($r: [_Any!]! = [${repeatJoined(800, () => "{}")}]) {
        ${repeatJoined(190, (index) => `a${index}: _entities(representations: $r) { __typename }`)} }`,
    ),
    allowed: aliasedEntities(20),
  },
  "1,500 representations in a fragment used 50 times": {
    limit: "LIMIT_COST",
    message: COST_MESSAGE,
    exceeding: operation(
      `{ ${"...Q ".repeat(50)} } fragment Q on Query {
        _entities(representations: [${repeatJoined(1500, () => "{}")}]) { __typename } }`,
    ),
    allowed: operation(
      `{ ${"...Q ".repeat(50)} } fragment Q on Query {
        _entities(representations: [${repeatJoined(50, () => '{ __typename: "User", id: "m-1" }')}]) { __typename } }`,
    ),
  },
  "2,250 uses of a variable in a fragment used 450 times": {
    limit: "LIMIT_COST",
    message: COST_MESSAGE,
    exceeding: inNestedFragments(`benefits(status: [${"$s ".repeat(2250)}])`),
    allowed: operation(
      `query($s: BenefitStatus! = ACTIVE) { me { ${"...F ".repeat(50)} } }
        fragment F on User { benefits(status: [${"$s ".repeat(190)}]) { id } }`,
    ),
  },
  "4,500 values in a fragment used 450 times": {
    limit: "LIMIT_COST",
    message: COST_MESSAGE,
    exceeding: inNestedFragments(`benefits(status: [${"ACTIVE ".repeat(4500)}])`),
    allowed: operation(
      `{ me { ${"...F ".repeat(50)} } } fragment F on User { benefits(status: [${"ACTIVE ".repeat(380)}]) { id } }`,
    ),
  },
  "50 fields of 1,000 representations": {
    limit: "LIMIT_COST",
    message: COST_MESSAGE,
    exceeding: entities(
      repeatJoined(50, (index) => `a${index}: id`),
      users(1000),
    ),
    allowed: entities(
      repeatJoined(15, (index) => `a${index}: id`),
      users(1000),
    ),
  },
  "a long list for each of 200 representations": {
    limit: "LIMIT_COST",
    message: COST_MESSAGE,
    exceeding: operation(
      `query($r: [_Any!]!, $s: [BenefitStatus!]) {
        _entities(representations: $r) { ... on User { benefits(status: $s) { id } } } }`,
      { r: users(200), s: Array(18_000).fill("ACTIVE") },
    ),
    allowed: statuses(18_000),
  },
  "the schema's whole text 190 times": {
    limit: "LIMIT_COST",
    message: COST_MESSAGE,
    exceeding: operation(`{ ${repeatJoined(190, (index) => `a${index}: _service { sdl }`)} }`),
    allowed: operation("{ _service { sdl } }"),
  },
  "201 provider calls": {
    limit: "LIMIT_PROVIDER_CALLS",
    message: "The request exceeds the limit of 200 provider calls.",
    exceeding: entities("benefits { id }", users(201)),
    allowed: entities("benefits { id }", users(200)),
  },
  "1,000 members' benefits and offers": {
    limit: "LIMIT_PROVIDER_CALLS",
    message: "The request exceeds the limit of 200 provider calls.",
    exceeding: entities("benefits { id } currentOffer { status }", users(1000)),
    allowed: entities("id enrollment { status }", users(1000)),
  },
  "1,000 aliases": {
    limit: "LIMIT_ALIASES",
    message: "The request exceeds LIMIT_ALIASES: the document must not have more than 200 aliases.",
    exceeding: operation(`{ ${repeatJoined(1000, (index) => `a${index}: __typename`)} }`),
    allowed: operation(`{ ${repeatJoined(200, (index) => `a${index}: __typename`)} }`),
  },
  "50 fragments that spread the next 50 times": {
    limit: "LIMIT_TOKENS",
    message: "The request exceeds LIMIT_TOKENS: the document must not have more than 5000 tokens.",
    exceeding: fragments(50, 50),
    allowed: fragments(50, 1),
  },
  "a fragment of 50 fields in 50 places": {
    limit: "LIMIT_FIELDS",
    message:
      "The request exceeds LIMIT_FIELDS: the document must not have more than 1000 fields and fragments, each counted in every place where it is used.",
    exceeding: operation(
      `{ ${repeatJoined(50, (index) => `a${index}: me { ...F }`)} } fragment F on User { ${"id ".repeat(50)} }`,
    ),
    allowed: operation(
      `{ ${repeatJoined(50, (index) => `a${index}: me { ...F }`)} } fragment F on User { ${"id ".repeat(18)} }`,
    ),
  },
  "fragments that double 90 times": {
    limit: "LIMIT_FIELDS",
    message:
      "The request exceeds LIMIT_FIELDS: the document must not select the same response name more than 50 times in one place.",
    exceeding: fragments(90, 2),
    allowed: fragments(6, 2),
  },
  "one field 300 times, compared in pairs": {
    limit: "LIMIT_FIELDS",
    message:
      "The request exceeds LIMIT_FIELDS: the document must not select the same response name more than 50 times in one place.",
    exceeding: operation(`{ ${"me { benefits { id } } ".repeat(300)} }`),
    allowed: operation(`{ ${"me { benefits { id } } ".repeat(50)} }`),
  },
  "101 fragments": {
    limit: "LIMIT_FIELDS",
    message: "The request exceeds LIMIT_FIELDS: the document must not define more than 100 fragments.",
    exceeding: fragments(101, 1),
    allowed: fragments(100, 1),
  },
  "17 fields deep": {
    limit: "LIMIT_DEPTH",
    message: "The request exceeds LIMIT_DEPTH: the document must not nest fields more than 16 levels deep.",
    exceeding: introspection(17),
    allowed: introspection(16),
  },
  "10,000 fields deep": {
    limit: "LIMIT_DEPTH",
    message: "The request exceeds LIMIT_DEPTH: the document must not nest fields more than 16 levels deep.",
    exceeding: operation(`${"{a".repeat(10_000)}${"}".repeat(10_000)}`),
    allowed: introspection(16),
  },
  "10,000 lists deep, and never closed": {
    limit: "LIMIT_DEPTH",
    message: "The request exceeds LIMIT_DEPTH: the document must not nest fields more than 16 levels deep.",
    exceeding: operation(`{ user(id: ${"[".repeat(10_000)}`),
    allowed: introspection(16),
  },
  "15,000 tokens": {
    limit: "LIMIT_TOKENS",
    message: "The request exceeds LIMIT_TOKENS: the document must not have more than 5000 tokens.",
    exceeding: operation(`{ me { ${"id ".repeat(15_000)} } }`),
    allowed: operation(`{ me { benefits(status: [${"ACTIVE ".repeat(4900)}]) { id } } }`),
  },
  "65,000 lines": {
    limit: "LIMIT_TOKENS",
    message: "The request exceeds LIMIT_TOKENS: the document must not have more than 500 lines.",
    exceeding: operation(`${"\n".repeat(65_000)}{ __typename }`),
    allowed: operation(`${"\n".repeat(499)}{ __typename }`),
  },
  "a document of 500,000 characters": {
    limit: "LIMIT_TOKENS",
    message: CHARACTERS_MESSAGE,
    exceeding: operation(`${" ".repeat(500_000)}{ __typename }`),
    allowed: operation(`${" ".repeat(65_000)}{ __typename }`),
  },
  "600 directives": {
    limit: "LIMIT_FIELDS",
    message: "The request exceeds LIMIT_FIELDS: the document must not have more than 50 directives.",
    exceeding: operation(`{ __typename ${"@include(if: true) ".repeat(600)} }`),
    allowed: operation(`{ ${"...@include(if: true) { __typename } ".repeat(50)} }`),
  },
  "10,000 variables": {
    limit: "LIMIT_FIELDS",
    message: VARIABLES_MESSAGE,
    exceeding: operation("{ __typename }", Object.fromEntries(times(10_000, (index) => [`v${index}`, index]))),
    allowed: operation("{ __typename }", Object.fromEntries(times(100, (index) => [`v${index}`, index]))),
  },
  "500 variables that the document defines": {
    limit: "LIMIT_FIELDS",
    message: VARIABLES_MESSAGE,
    exceeding: operation(`query(${repeatJoined(500, (index) => `$v${index}: Boolean = true`)}) { __typename }`),
    allowed: operation(
      `query(${repeatJoined(50, (index) => `$v${index}: Boolean = true`)}) {
        ${repeatJoined(50, (index) => `...@include(if: $v${index}) { __typename }`)} }`,
    ),
  },
  "cancellations of cancellations": {
    limit: "none: a list field must never be nested within itself",
    message: "A list field must not be nested within itself.",
    exceeding: cancellations("authorization { cancellations { id } }"),
    allowed: cancellations("id authorization { status }"),
  },
  "an object of 18,000 unknown members": {
    limit: "LIMIT_FIELDS",
    message: VARIABLES_MESSAGE,
    exceeding: unknownMembers(18_000, "x".repeat(30)),
    allowed: cancelUserOperation,
  },
  "60 unknown members, each an object of 100": {
    limit: "LIMIT_FIELDS",
    message: VARIABLES_MESSAGE,
    exceeding: unknownMembers(60, Object.fromEntries(times(100, (index) => [`k${index}`, "x".repeat(100)]))),
    allowed: cancelUserOperation,
  },
  "60 unknown members of 15,000 characters": {
    limit: "LIMIT_TOKENS",
    message: CHARACTERS_MESSAGE,
    exceeding: unknownMembers(60, "x".repeat(15_000)),
    allowed: cancelUserOperation,
  },
  "100,000 lists in one another in a variable": {
    limit: "LIMIT_DEPTH",
    message: "The request exceeds LIMIT_DEPTH: the variables must not be more than 16 levels deep.",
    exceeding: nestedVariable(100_000),
    allowed: nestedVariable(15),
  },
  "a batch of 1,000 operations": {
    limit: "none: there is no batching",
    message: "A request must contain only one operation, not a batch.",
    exceeding: batch(1000),
    allowed: operation("{ __typename }"),
  },
};
