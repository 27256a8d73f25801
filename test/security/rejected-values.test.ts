import { type LiveSubgraph, startLiveSubgraph } from "../kit/start/live-subgraph";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { connectAs } from "../kit/subscriptions/websocket";

let sandbox: TestSubgraph;
let live: LiveSubgraph;
beforeAll(async () => {
  sandbox = await startSubgraph({ LOG_LEVEL: "trace" });
  live = await startLiveSubgraph({ LOG_LEVEL: "trace" });
});
afterAll(async () => {
  await sandbox.stop();
  await live.stop();
});

/** Planted wherever a client can write a text; a GraphQL name, so that it can be one. */
const PLANTED = "zQ7xKplanted";
const NUMBER = 471_104_711;
const FOUND = new RegExp(`${PLANTED}|${NUMBER}`, "i");

type Attack = readonly [what: string, query: string, variables?: Readonly<Record<string, unknown>>];

const PREFILL = "mutation($input: PrefillUserInput!) { prefillUser(input: $input) { operation { id } } }";
const prefill = (input: object) => ({ input: { idempotencyKey: "k", userId: "m-1", ...input } });
const LONG = PLANTED.repeat(500);
const nest = (depth: number, value: unknown): unknown => (depth === 0 ? value : { address: nest(depth - 1, value) });

const VALUES: readonly Attack[] = [
  ["an unterminated string", `{ user(id: "${PLANTED}) { id } }`],
  ["an unterminated string at the end", `{ me { id } } "${PLANTED}`],
  ["an unterminated block string", `{ user(id: """${PLANTED}) { id } }`],
  ["a string for a field", `{ me { "${PLANTED}" } }`],
  ["a block string for a field", `{ me { """${PLANTED}""" } }`],
  ["a string for an argument", `{ user("${PLANTED}": 1) { id } }`],
  ["a string before an operation", `"${PLANTED}" { me { id } }`],
  ["a number for a field", `{ me { ${NUMBER} } }`],
  ["a number with letters", `{ user(id: ${NUMBER}${PLANTED}) { id } }`],
  ["a number with a dot", `{ user(id: ${NUMBER}.${PLANTED}) { id } }`],
  ["a number with a leading zero", `{ user(id: 0${NUMBER}) { id } }`],
  ["an escape sequence", `{ user(id: "\\u{${NUMBER}} ${PLANTED}") { id } }`],
  ["an incomplete escape sequence", `{ user(id: "\\uzQ7x ${PLANTED}") { id } }`],
  ["a lone surrogate in a string", `{ user(id: "${PLANTED}\ud800") { id } }`],
  ["a lone surrogate in a block string", `{ user(id: """${PLANTED}\ud800""") { id } }`],
  ["a lone surrogate outside strings", `{ user(id: \ud800${PLANTED}) { id } }`],
  ["letters outside ASCII", `{ user(id: é${PLANTED}) { id } }`],
  ["a single-quoted string", `{ user(id: '${PLANTED}') { id } }`],
  ["typographic quotes", `{ user(id: “${PLANTED}”) { id } }`],
  ["a name where none is expected", `{ me { id } } ${PLANTED}`],
  ["a name for a colon", `{ user(id ${PLANTED}) { id } }`],
  ["a variable in a constant", `query($x: Int = $${PLANTED}) { me { id } }`],
  ["a name after an enum", `{ me { benefits(status: ACTIVE ${PLANTED}) { id } } }`],
  ["a string for an ID", `{ user(id: "${PLANTED} ${PLANTED}") { id } }`],
  ["a block string for an ID", `{ user(id: """${PLANTED}\n${PLANTED}""") { id } }`],
  ["an enum value for an ID", `{ user(id: ${PLANTED}) { id } }`],
  ["a number for an ID", `{ user(id: ${NUMBER}) { id } }`],
  ["a list for an ID", `{ user(id: ["${PLANTED}"]) { id } }`],
  ["an object for an ID", `{ user(id: { id: "${PLANTED}" }) { id } }`],
  ["an unknown enum value", `{ me { benefits(status: ${PLANTED}) { id } } }`],
  ["a string for an enum", `{ me { benefits(status: "${PLANTED}") { id } } }`],
  ["a string for an Int", `{ me { operations(first: "${PLANTED}") { edges { cursor } } } }`],
  ["a float for an Int", `{ me { operations(first: ${NUMBER}.5) { edges { cursor } } } }`],
  ["an Int that is too large", `{ me { operations(first: ${NUMBER}000) { edges { cursor } } } }`],
  ["text for a time in a filter", `{ operations(filter: { olderThan: "${PLANTED}" }) { edges { cursor } } }`],
  ["a number for a request ID", `{ operations(filter: { requestId: ${NUMBER} }) { edges { cursor } } }`],
  ["a string for a Boolean of a directive", `{ me { id @include(if: "${PLANTED}") } }`],
  ["a string for an input", `mutation { prefillUser(input: "${PLANTED}") { operation { id } } }`],
  [
    "a number for text",
    `mutation { prefillUser(input: { idempotencyKey: "k", userId: "m", firstName: ${NUMBER} }) { operation { id } } }`,
  ],
  [
    "text for a nested input",
    `mutation { prefillUser(input: { idempotencyKey: "k", userId: "m", address: "${PLANTED}" }) { operation { id } } }`,
  ],
  [
    "a nested object for text",
    `mutation { prefillUser(input: { idempotencyKey: "k", userId: "m", address: { city: { a: "${PLANTED}" } } }) { operation { id } } }`,
  ],
  ["a default for a variable", `query($x: BenefitStatus = ${PLANTED}) { me { benefits(status: [$x]) { id } } }`],
  ["a default of one of our scalars", `query($x: UserId = "${PLANTED} ${PLANTED}") { user(id: $x) { id } }`],
  ["conflicting arguments", `{ a: user(id: "${PLANTED}") { id } a: user(id: "m-1") { id } }`],
  ["a long string", `{ user(id: "${LONG}") { id } }`],
  ["a long enum value", `{ me { benefits(status: ${LONG}) { id } } }`],
  ["a comment", `# ${PLANTED}\n{ me { id } }}`],
  ...[
    "UserId",
    "RecurrenceId",
    "TaxId",
    "EmailAddress",
    "PhoneNumber",
    "Date",
    "OfferId",
    "Int",
    "Boolean",
    "BenefitStatus",
  ].flatMap((type): Attack[] =>
    [PLANTED, `${PLANTED} ${PLANTED}`, NUMBER * 10_000, [PLANTED], { [PLANTED]: PLANTED }, LONG].map((x) => [
      `a variable of type ${type} that is ${JSON.stringify(x).slice(0, 40)}`,
      `query($x: ${type}!) { me { id @include(if: $x) benefits(status: [$x]) { id } operations(first: $x) { edges { cursor } } } user(id: $x) { id } }`,
      { x },
    ]),
  ),
  ...[PLANTED, NUMBER, [PLANTED], { id: PLANTED }].map((x): Attack => [
    `an enum variable that is ${JSON.stringify(x)}`,
    "query($s: [BenefitStatus!]) { me { benefits(status: $s) { id } } }",
    { s: [x] },
  ]),
  ...["email", "phone", "birthDate", "firstName", "address", "offerId", "userId"].flatMap((field): Attack[] =>
    [`${PLANTED}\u0007`, NUMBER, [PLANTED], { city: { [PLANTED]: PLANTED } }].map((value) => [
      `a variable's ${field} that is ${JSON.stringify(value)}`,
      PREFILL,
      prefill({ [field]: value }),
    ]),
  ),
  ...["status", "kind", "userId", "recurrenceId", "requestId", "olderThan"].flatMap((field): Attack[] =>
    [`${PLANTED}\u0007`, NUMBER, { [PLANTED]: PLANTED }].map((value) => [
      `a filter's ${field} that is ${JSON.stringify(value)}`,
      "query($f: OperationFilter) { operations(filter: $f) { edges { cursor } } }",
      { f: { [field]: value } },
    ]),
  ),
  ["a variable's unknown field with a value", PREFILL, prefill({ unknown: PLANTED, emial: PLANTED })],
  [
    "a variable's unknown field that is no name",
    PREFILL,
    prefill({ [`${PLANTED} ${PLANTED}`]: 1, [`${PLANTED}-`]: 1 }),
  ],
  ["a variable's unknown field with a long name", PREFILL, prefill({ [`a${LONG}`.slice(0, 65)]: 1 })],
  ["a nested unknown field that is no name", PREFILL, prefill({ address: { [`${PLANTED}@example.com`]: 1 } })],
  ["a deeply nested value", PREFILL, prefill({ address: nest(10, PLANTED) as object })],
  ["a variable that is text for an object", PREFILL, { input: PLANTED }],
  ["a variable that is a list for an object", PREFILL, { input: [{ userId: PLANTED }] }],
  [
    "a variable with a long name",
    `query($a${LONG}: UserId!) { user(id: $a${LONG}) { id } }`,
    { [`a${LONG}`]: `${PLANTED} ${PLANTED}` },
  ],
  ["a long field name", `{ a${LONG} }`],
  ["a long alias", `{ a${LONG}: me { id } a${LONG}: user(id: "m-1") { id } }`],
  ["a long type name", `query($x: a${LONG}) { me { id } }`],
  ["a long argument name", `{ user(a${LONG}: 1) { id } }`],
  ["a long input field name", `mutation { prefillUser(input: { a${LONG}: 1 }) { operation { id } } }`],
  ["a long operation name", `query a${LONG} { me { id } } query a${LONG} { me { id } }`],
  ["a long fragment name", `{ me { ...a${LONG} } }`],
  ["a long directive name", `{ me { id @a${LONG} } }`],
];

/** Names that are not values. In sandbox mode they may be repeated; in live mode only if the schema knows them. */
const NAMES: readonly Attack[] = [
  ["an unknown field of a variable", PREFILL, prefill({ [PLANTED]: 1 })],
  ["an unknown field of a nested object", PREFILL, prefill({ address: { [PLANTED]: 1 } })],
  ["an unknown field", `{ ${PLANTED} { id } }`],
  ["an unknown argument", `{ user(${PLANTED}: 1) { id } }`],
  ["an unknown input field", `mutation { prefillUser(input: { ${PLANTED}: 1 }) { operation { id } } }`],
  ["an unknown type", `query($x: ${PLANTED}) { me { id } }`],
  ["an unknown fragment", `{ me { ...${PLANTED} } }`],
  ["an unknown directive", `{ me { id @${PLANTED} } }`],
  ["an undefined variable", `{ user(id: $${PLANTED}) { id } }`],
  ["two operations of one name", `query ${PLANTED} { me { id } } query ${PLANTED} { me { id } }`],
];

async function expectSilence(subgraph: TestSubgraph | LiveSubgraph, [, query, variables]: Attack): Promise<void> {
  subgraph.logs.length = 0;
  const response = await subgraph.graphql(query, { variables });
  expect(response.errors?.length).toBeGreaterThan(0);
  expect(JSON.stringify(response)).not.toMatch(FOUND);
  expect(subgraph.logs.join("")).not.toMatch(FOUND);
  expect(JSON.stringify(response).length).toBeLessThan(20_000);
}

describe("a rejected value is neither in the errors nor in the log:", () => {
  test.each(VALUES.map((attack) => [attack[0], attack] as const))("%s", async (_what, attack) => {
    await expectSilence(sandbox, attack);
    await expectSilence(live, attack);
  });
});

describe("in live mode, an unknown name is neither in the errors nor in the log:", () => {
  test.each(NAMES.map((attack) => [attack[0], attack] as const))("%s", async (_what, attack) => {
    await expectSilence(live, attack);
    const { errors } = await sandbox.graphql(attack[1], { variables: attack[2] });
    expect(JSON.stringify(errors)).toMatch(FOUND); // it would be noticed
  });
});

test("a rejected value in a subscription over WebSocket is neither in the errors nor in the log", async () => {
  sandbox.logs.length = 0;
  const client = await connectAs(sandbox, { claims: { sub: "u-1001" } });
  const attacks: readonly [query: string, variables?: Readonly<Record<string, unknown>>][] = [
    [`subscription { operationSettled(id: "${PLANTED}) { id } }`],
    [`subscription { operationSettled(id: { a: "${PLANTED}" }) { id } }`],
    ["subscription($id: ID!) { operationSettled(id: $id) { id } }", { id: { [PLANTED]: PLANTED } }],
    ["subscription($id: ID!) { operationSettled(id: $id) { id } }", { id: [PLANTED] }],
    [`subscription { operationSettled(id: "x") { id } } ${PLANTED}`],
    [`subscription { a${LONG} }`],
  ];
  for (const [index, [query, variables]] of attacks.entries()) {
    client.subscribe(`${index}`, query, variables);
    const answers = await client.waitForCompletion(`${index}`);
    expect(answers).toMatchObject([{ type: "error" }]);
    expect(JSON.stringify(answers)).not.toMatch(FOUND);
  }
  await client.close();
  expect(sandbox.logs.join("")).not.toMatch(FOUND);
});
