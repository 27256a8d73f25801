import { type LiveSubgraph, startLiveSubgraph } from "../../kit/start/live-subgraph";
import { startSubgraph, type TestSubgraph } from "../../kit/start/subgraph";
import { type GraphqlResponse } from "../../kit/http/graphql-client";
import { connectAs } from "../../kit/subscriptions/websocket";

let sandbox: TestSubgraph;
let live: LiveSubgraph;
beforeAll(async () => {
  sandbox = await startSubgraph();
  live = await startLiveSubgraph();
});
afterAll(async () => {
  await sandbox.stop();
  await live.stop();
});

type Variables = Readonly<Record<string, unknown>>;
const toLines = ({ errors = [] }: GraphqlResponse) =>
  errors.map(({ message, extensions }) => `${extensions.code}: ${message}`);

const inSandbox = async (query: string, variables?: Variables) => toLines(await sandbox.graphql(query, { variables }));
const inLiveMode = async (query: string, variables?: Variables) => toLines(await live.graphql(query, { variables }));

describe("a syntax error says which character or kind of token is wrong, with line and column:", () => {
  test.each([
    ["{ me { id } }}", 'Unexpected "}" at line 1, column 14'],
    ["{ me\n  { id ? } }", 'Unexpected "?" at line 2, column 8'],
    ["{ me { id }", "Expected Name, found the end of the document at line 1, column 12"],
    ["{ me { } }", 'Expected Name, found "}" at line 1, column 8'],
    ["{ user(id Planted) { id } }", 'Expected ":", found a name at line 1, column 11'],
    ['{ me { id "Planted" } }', "Expected Name, found a string at line 1, column 11"],
    ['{ me { id """Planted""" } }', "Expected Name, found a string at line 1, column 11"],
    ["{ me { id 4711 } }", "Expected Name, found a number at line 1, column 11"],
    ["{ me { id: ... } }", 'Expected Name, found "..." at line 1, column 12'],
    ["Planted { me { id } }", "Unexpected name at line 1, column 1"],
    ["{ user(id: 'Planted') { id } }", `Unexpected "'" (strings need double quotes) at line 1, column 12`],
    ["{ user(id: “Planted”) { id } }", "Unexpected character U+201C at line 1, column 12"],
    ["{ user(id: é) { id } }", "Unexpected letter or digit that is only allowed in strings at line 1, column 12"],
    ['{ user(id: "Planted) { id } }', "Unterminated string at line 1, column 30"],
    ['{ user(id: """Planted) { id } }', "Unterminated string at line 1, column 32"],
    ['{ user(id: "Planted\ud800") { id } }', "Invalid character in a string at line 1, column 20"],
    ['{ user(id: "Planted\\u{4711") { id } }', "Invalid Unicode escape sequence in a string at line 1, column 20"],
    ['{ user(id: "Planted\\q") { id } }', "Invalid escape sequence in a string at line 1, column 20"],
    [
      "{ user(id: 04711) { id } }",
      "Invalid number: it must not begin with 0 (a text needs double quotes) at line 1, column 13",
    ],
    ["{ user(id: 4711Planted) { id } }", "Invalid number: expected a digit at line 1, column 16"],
    ["query($x: Int = $Planted) { me { id } }", "Unexpected variable in a constant value at line 1, column 17"],
  ])("%s", async (query, message) => {
    const expected = [`GRAPHQL_PARSE_FAILED: Syntax Error: ${message}.`];
    expect(await inSandbox(query)).toEqual(expected);
    expect(await inLiveMode(query)).toEqual(expected);
  });
});

const CREATE = "mutation($input: CreateUserInput!) { createUser(input: $input) { operation { id } } }";
const MEMBER = {
  idempotencyKey: "k",
  userId: "m-1",
  firstName: "Planted",
  lastName: "Planted",
  email: "ana@example.com",
};
const without = (name: string) => Object.fromEntries(Object.entries(MEMBER).filter(([field]) => field !== name));
const CHANGE = "mutation($input: ChangeOfferInput!) { changeOffer(input: $input) { operation { id } } }";
const CHANGED = { idempotencyKey: "k", userId: "m-1", offerId: "plus", direction: "UPGRADE" };
const PHONE_RULE =
  "PhoneNumber must be a phone number in E.164 format: + and 7 to 15 digits, for example +5511987654321.";

interface VariableCase {
  readonly query?: string;
  readonly variables: Variables;
  readonly sandbox: readonly string[];
  readonly live: readonly string[];
}

describe("an error in a variable is named once, in live mode without names that the client did not write", () => {
  test.each<[string, VariableCase]>([
    [
      "a misspelled required field",
      {
        variables: { input: { ...without("email"), emial: "planted" } },
        sandbox: ['"$input.emial" is not defined by CreateUserInput. Did you mean "email" of type EmailAddress!?'],
        live: ['"$input" has an unknown field.'],
      },
    ],
    [
      "a field that is like no other",
      {
        variables: { input: { ...MEMBER, zzzzzzzz: "planted" } },
        sandbox: ['"$input.zzzzzzzz" is not defined by CreateUserInput.'],
        live: ['"$input" has an unknown field.'],
      },
    ],
    [
      "a field whose name is not a GraphQL name",
      {
        variables: { input: { ...MEMBER, "Planted Person": 1 } },
        sandbox: ['"$input.…" is not defined by CreateUserInput.'],
        live: ['"$input" has an unknown field.'],
      },
    ],
    [
      "a field whose name is longer than 64 characters",
      {
        variables: { input: { ...MEMBER, [`planted${"a".repeat(58)}`]: 1 } },
        sandbox: ['"$input.…" is not defined by CreateUserInput.'],
        live: ['"$input" has an unknown field.'],
      },
    ],
    [
      "two unknown fields",
      {
        variables: { input: { ...MEMBER, zzzzzzzz: 1, yyyyyyyy: 2 } },
        sandbox: [
          '"$input.zzzzzzzz" is not defined by CreateUserInput.',
          '"$input.yyyyyyyy" is not defined by CreateUserInput.',
        ],
        live: ['"$input" has an unknown field.'],
      },
    ],
    [
      "a missing field",
      {
        variables: { input: without("email") },
        sandbox: ['"$input.email" is missing: a value of type EmailAddress! is required.'],
        live: ['"$input" lacks a required field.'],
      },
    ],
    [
      "a field that is null",
      {
        variables: { input: { ...MEMBER, email: null } },
        sandbox: ['"$input.email" is null or missing: a value of type EmailAddress! is required.'],
        live: ['"$input.email" is null or missing: a value of type EmailAddress! is required.'],
      },
    ],
    [
      "a wrong value of one of our scalars",
      {
        variables: { input: { ...MEMBER, phone: "planted" } },
        sandbox: [`"$input.phone" has an invalid value: ${PHONE_RULE}`],
        live: [`"$input.phone" has an invalid value: ${PHONE_RULE}`],
      },
    ],
    [
      "a number for one of our scalars, which is a string",
      {
        variables: { input: { ...MEMBER, phone: 4711 } },
        sandbox: [`"$input.phone" has an invalid value: ${PHONE_RULE.replace("must be", "must be a string:")}`],
        live: [`"$input.phone" has an invalid value: ${PHONE_RULE.replace("must be", "must be a string:")}`],
      },
    ],
    [
      "errors in a nested object",
      {
        variables: { input: { ...MEMBER, address: { citty: "planted", line1: { planted: 1 } } } },
        sandbox: [
          '"$input.address.citty" is not defined by AddressInput. Did you mean "city" of type String?',
          '"$input.address.line1" has an invalid value: expected a value of type String.',
        ],
        live: [
          '"$input.address" has an unknown field.',
          '"$input.address.line1" has an invalid value: expected a value of type String.',
        ],
      },
    ],
    [
      "text for an object",
      {
        variables: { input: { ...MEMBER, address: "planted" } },
        sandbox: ['"$input.address" has an invalid value: expected a value of type AddressInput.'],
        live: ['"$input.address" has an invalid value.'],
      },
    ],
    [
      "an unknown enum value",
      {
        query: CHANGE,
        variables: { input: { ...CHANGED, direction: "UPGRAD" } },
        sandbox: [
          '"$input.direction" has an invalid value: expected a value of type OfferChangeDirection!, one of UPGRADE, DOWNGRADE. Did you mean UPGRADE?',
        ],
        live: ['"$input.direction" has an invalid value.'],
      },
    ],
    [
      "items of a list",
      {
        query: "query($s: [BenefitStatus!]) { me { benefits(status: $s) { id } } }",
        variables: { s: ["ACTIVE", "Planted", null] },
        sandbox: [
          '"$s[1]" has an invalid value: expected a value of type BenefitStatus!, one of ACTIVE, ELIGIBLE, PENDING, INACTIVE, UNKNOWN.',
          '"$s[2]" is null or missing: a value of type BenefitStatus! is required.',
        ],
        live: ['"$s[1]" has an invalid value.', '"$s[2]" is null or missing: a value is required.'],
      },
    ],
    [
      "a built-in scalar",
      {
        query: "query($first: Int) { me { operations(first: $first) { edges { cursor } } } }",
        variables: { first: "4711" },
        sandbox: ['"$first" has an invalid value: expected a value of type Int.'],
        live: ['"$first" has an invalid value: expected a value of type Int.'],
      },
    ],
    [
      "a variable that is not provided",
      {
        variables: {},
        sandbox: ['"$input" is null or missing: a value of type CreateUserInput! is required.'],
        live: ['"$input" is null or missing: a value is required.'],
      },
    ],
    [
      "a variable with a long name",
      {
        query: `query($planted${"a".repeat(58)}: UserId!) { user(id: $planted${"a".repeat(58)}) { id } }`,
        variables: {},
        sandbox: ['"$…" is null or missing: a value of type UserId! is required.'],
        live: ['"$…" is null or missing: a value of type UserId! is required.'],
      },
    ],
  ])("%s", async (_what, { query = CREATE, variables, ...expected }) => {
    const toLine = (message: string) => `BAD_USER_INPUT: Variable ${message}`;
    expect(await inSandbox(query, variables)).toEqual(expected.sandbox.map(toLine));
    expect(await inLiveMode(query, variables)).toEqual(expected.live.map(toLine));
  });
});

const INVALID = "GRAPHQL_VALIDATION_FAILED";
const HIDDEN = [`${INVALID}: The document is not valid for this schema.`];

describe("an error in a document is named once, and in live mode only as an error", () => {
  test.each<[query: string, sandbox: readonly string[], live?: readonly string[]]>([
    ["{ mee { id } }", [`${INVALID}: Cannot query field "mee" on type "Query". Did you mean "me"?`]],
    [`{ planted${"a".repeat(58)} }`, [`${INVALID}: Cannot query field "…" on type "Query".`]],
    [
      '{ user(idd: "planted") { id } }',
      [`${INVALID}: Argument "idd" is not defined by Query.user. Did you mean "id" of type UserId!?`],
    ],
    [
      "{ me }",
      [`${INVALID}: Field "me" of type "User" must have a selection of subfields. Did you mean "me { ... }"?`],
    ],
    ["{ user { id } }", [`${INVALID}: Argument "id" is missing: a value of type UserId! is required.`]],
    ["{ me { id @skip } }", [`${INVALID}: Argument "if" is missing: a value of type Boolean! is required.`]],
    [
      '{ me { operations(first: "planted") { edges { cursor } } } }',
      [`${INVALID}: Argument "first" has an invalid value: expected a value of type Int!.`],
    ],
    [
      '{ a: me { benefits(status: [ACTIVE, PLANTED]) { id } } b: me { benefits(status: [ACTIVE, "Planted"]) { id } } }',
      [
        `${INVALID}: Argument "status[1]" has an invalid value: expected a value of type BenefitStatus!, one of ACTIVE, ELIGIBLE, PENDING, INACTIVE, UNKNOWN.`,
      ],
    ],
    [
      `mutation { createUser(input: { idempotencyKey: "k", userId: "m-1", firstName: 4711, emial: "planted", address: { citty: "planted" } }) {
        operation { id } } }`,
      [
        `${INVALID}: Argument "input.emial" is not defined by CreateUserInput. Did you mean "email" of type EmailAddress!?`,
        `${INVALID}: Argument "input.lastName" is missing: a value of type String! is required.`,
        `${INVALID}: Argument "input.firstName" has an invalid value: expected a value of type String!.`,
        `${INVALID}: Argument "input.address.citty" is not defined by AddressInput. Did you mean "city" of type String?`,
      ],
    ],
    [
      'mutation { prefillUser(input: { idempotencyKey: "k", userId: "m-1", phone: "planted" }) { operation { id } } }',
      [`BAD_USER_INPUT: Argument "input.phone" has an invalid value: ${PHONE_RULE}`],
      [`BAD_USER_INPUT: Argument "input.phone" has an invalid value: ${PHONE_RULE}`],
    ],
    [
      'query($id: UserId = "planted person") { user(id: $id) { id } }',
      [
        `BAD_USER_INPUT: Variable "$id" has an invalid value: UserId must be 1 to 64 letters, digits, "_" or "-", for example u-1001.`,
      ],
      [
        `BAD_USER_INPUT: Variable "$id" has an invalid value: UserId must be 1 to 64 letters, digits, "_" or "-", for example u-1001.`,
      ],
    ],
    ["{ me { id ...Unknown } }", [`${INVALID}: Unknown fragment "Unknown".`]],
  ])("%s", async (query, expected, expectedLive = HIDDEN) => {
    expect(await inSandbox(query)).toEqual(expected);
    expect(await inLiveMode(query)).toEqual(expectedLive);
  });

  test("one error for equal errors has the location of each", async () => {
    const { errors } = await sandbox.graphql('{ a: user(id: "a b") { id } b: user(id: "c d") { id } }');
    expect(errors).toMatchObject([{ locations: [{ column: 11 }, { column: 37 }] }]);
  });

  test("at most 20 errors are reported", async () => {
    const fields = Array.from({ length: 60 }, (_, index) => `zzz${index}`);
    expect(await inSandbox(`{ ${fields.join(" ")} }`)).toHaveLength(20);
    const input = { ...MEMBER, ...Object.fromEntries(fields.map((name) => [name, 1])) };
    expect(await inSandbox(CREATE, { input })).toHaveLength(20);
  });
});

test("a subscription reports the same errors over WebSocket", async () => {
  const client = await connectAs(sandbox, { claims: { sub: "u-1001" } });
  const errors: readonly [query: string, variables: Variables, message: string][] = [
    ["subscription { userEvents { id } }}", {}, 'Syntax Error: Unexpected "}" at line 1, column 35.'],
    [
      "subscription { operationSettled(idd: 4711) { id } }",
      {},
      'Argument "idd" is not defined by Subscription.operationSettled. Did you mean "id" of type ID!?',
    ],
    [
      "subscription($id: ID!) { operationSettled(id: $id) { id } }",
      { id: { planted: 1 } },
      'Variable "$id" has an invalid value: expected a value of type ID!.',
    ],
  ];
  for (const [index, [query, variables, message]] of errors.entries()) {
    client.subscribe(`${index}`, query, variables);
    const [answer] = await client.waitForCompletion(`${index}`);
    expect(answer).toMatchObject({ type: "error", payload: [{ message }] });
  }
  await client.close();
});
