import { CANCELLATION_ID, MEMBER_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const HOSTILE = [
  "..",
  ".",
  "",
  "%2e%2e",
  "a/b",
  "a\\b",
  "a?b",
  "a#b",
  "a b",
  "a\r\nx-injected: 1",
  "a\u0000b",
  "ü-1001",
  "u-1001\n",
  "x".repeat(300),
  "../../../oauth2/token",
  "RR0435879820241345njua7shf40o", // month 13
  "rr0435879820240605njua7shf40o", // case matters
];

const ARGUMENTS: readonly (readonly [name: string, query: string, others: Record<string, string>])[] = [
  ["user(id)", "query($bad: UserId!) { user(id: $bad) { benefits { id } } }", {}],
  [
    "pixAuthorization(recurrenceId)",
    "query($bad: RecurrenceId!) { pixAuthorization(recurrenceId: $bad) { status } }",
    {},
  ],
  [
    "pixCancellation(recurrenceId)",
    "query($bad: RecurrenceId!, $id: CancellationId!) { pixCancellation(recurrenceId: $bad, id: $id) { id } }",
    { id: CANCELLATION_ID },
  ],
  [
    "pixCancellation(id)",
    "query($bad: CancellationId!, $recurrence: RecurrenceId!) { pixCancellation(recurrenceId: $recurrence, id: $bad) { id } }",
    { recurrence: RECURRENCE_ID },
  ],
];

const REFERENCES: readonly (readonly [name: string, of: (bad: unknown) => Record<string, unknown>])[] = [
  ["User.id", (bad) => ({ __typename: "User", id: bad })],
  ["Benefit.userId", (bad) => ({ __typename: "Benefit", userId: bad, id: "dental" })],
  ["PixAuthorization.recurrenceId", (bad) => ({ __typename: "PixAuthorization", recurrenceId: bad })],
  [
    "PixCancellation.recurrenceId",
    (bad) => ({ __typename: "PixCancellation", recurrenceId: bad, id: CANCELLATION_ID }),
  ],
  ["PixCancellation.id", (bad) => ({ __typename: "PixCancellation", recurrenceId: RECURRENCE_ID, id: bad })],
];

const ENTITIES = `query($representations: [_Any!]!) { _entities(representations: $representations) {
  ... on User { benefits { id } } ... on Benefit { id } ... on PixAuthorization { status } ... on PixCancellation { id }
} }`;

describe("hostile IDs:", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => (subgraph = await startSubgraph()));
  afterAll(() => subgraph.stop());
  beforeEach(async () => {
    await subgraph.avibra.clearRequests();
    await subgraph.delbank.clearRequests();
  });

  const received = async () => [...(await subgraph.avibra.requests()), ...(await subgraph.delbank.requests())];
  const isUserIdOnly = (name: string) =>
    name.startsWith("user") || name.startsWith("User") || name.startsWith("Benefit");
  const hostileFor = (name: string) => HOSTILE.filter((id) => !isUserIdOnly(name) || !/^[A-Za-z0-9]{29}$/.test(id));

  test.each(ARGUMENTS)(
    "%s rejects each with BAD_USER_INPUT, does not repeat it, and calls no provider",
    async (name, query, others) => {
      for (const bad of hostileFor(name)) {
        const { data, errors } = await subgraph.graphql(query, { variables: { bad, ...others } });
        expect(data).toBeUndefined();
        expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["BAD_USER_INPUT"]);
        if (bad.length > 2) expect(JSON.stringify(errors)).not.toContain(JSON.stringify(bad).slice(1, -1));
      }
      expect(await received()).toEqual([]);
    },
  );

  test.each(ARGUMENTS)(
    "%s rejects each as a literal with BAD_USER_INPUT and calls no provider",
    async (name, query, others) => {
      for (const bad of hostileFor(name)) {
        const inline = query
          .replace(/\$bad: \w+!,? ?/, "")
          .replace("query() ", "")
          .replace("$bad", JSON.stringify(bad));
        const { data, errors } = await subgraph.graphql(inline, { variables: others });
        expect(data).toBeUndefined();
        expect(errors?.map(({ extensions }) => extensions.code)).toEqual(["BAD_USER_INPUT"]);
      }
      expect(await received()).toEqual([]);
    },
  );

  test.each(REFERENCES)(
    "%s in a representation is null for each and for other types, with no provider call",
    async (name, of) => {
      const hostile = [...hostileFor(name), null, 7.5, true, [MEMBER_ID], { id: MEMBER_ID }];
      const { data, errors } = await subgraph.graphql(ENTITIES, { variables: { representations: hostile.map(of) } });
      expect(errors).toBeUndefined();
      expect(data._entities).toEqual(hostile.map(() => null));
      expect(await received()).toEqual([]);
    },
  );

  test("a rejected value of a built-in type is not repeated", async () => {
    const planted = "planted-personal-value";
    for (const query of [
      `{ user(id: ${planted.replaceAll("-", "_")}) { id } }`,
      `{ user(id: 1234) { id } }`,
      `{ me { benefits(status: ["${planted}"]) { id } } }`,
    ]) {
      const { errors } = await subgraph.graphql(query);
      expect(errors).toHaveLength(1);
      expect(JSON.stringify(errors)).not.toMatch(/planted.personal.value|1234/);
    }
    const { errors } = await subgraph.graphql("query($s: [BenefitStatus!]) { me { benefits(status: $s) { id } } }", {
      variables: { s: [planted] },
    });
    expect(errors?.[0]?.message).toBe(
      'Variable "$s[0]" has an invalid value: expected a value of type BenefitStatus!, one of ACTIVE, ELIGIBLE, PENDING, INACTIVE, UNKNOWN.',
    );
  });

  test.each<[where: string, query: string, name: string, type: string | undefined]>([
    ["an argument", "query($v: Int = 5) { me { operations(first: $v) { edges { cursor } } } }", "first", "Int!"],
    ["a root field's argument", 'query($v: UserId = "u-1001") { user(id: $v) { id } }', "id", "UserId!"],
    [
      "an item of a list",
      "query($v: BenefitStatus = ACTIVE) { me { benefits(status: [$v]) { id } } }",
      "status",
      undefined,
    ],
    ["a directive", "query($v: Boolean = true) { me { id @skip(if: $v) } }", "if", "Boolean!"],
    ["a directive of a root field", "query($v: Boolean = true) { me @skip(if: $v) { id } }", "if", "Boolean!"],
    [
      "a member of an input",
      `mutation($v: PixCancellationReason = ACCOUNT_CLOSED) { cancelPixAuthorization(input: {
      idempotencyKey: "planted", recurrenceId: "RR0435879820240605njua7shf40o", requesterType: NATURAL,
      requesterDocument: "04623217035", reason: $v }) { userErrors { code } } }`,
      "input",
      undefined,
    ],
  ])(
    "null for a variable with a default, as %s, is BAD_USER_INPUT, and no error is logged",
    async (_where, query, name, type) => {
      subgraph.logs.length = 0;
      const { errors } = await subgraph.graphql(query, { variables: { v: null } });
      expect(errors?.map(({ message, extensions }) => [message, extensions.code])).toEqual([
        [
          type === undefined
            ? `Argument "${name}" has an invalid value.`
            : `Argument "${name}" is null or missing: a value of type ${type} is required.`,
          "BAD_USER_INPUT",
        ],
      ]);
      expect(subgraph.logs.filter((line) => line.includes('"level":"error"'))).toEqual([]);
    },
  );
});
