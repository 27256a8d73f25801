import fc from "fast-check";
import { deriveEnrollment, type EnrollmentChange } from "../../src/features/user/enrollment.state";
import { describeFields } from "../kit/graphql/describe-fields";
import { postWebhook } from "../kit/http/webhooks";
import { MEMBER_ID } from "../kit/seeds/ids";
import { findMutation, toInputType } from "../kit/seeds/mutations";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { shuffle } from "../kit/shuffle";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

describe("a member", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => (subgraph = await startSubgraph()));
  afterAll(() => subgraph.stop());

  test("what needs no provider makes no provider call", async () => {
    const { data } = await subgraph.graphql(
      '{ user(id: "u-1001") { id enrollment { status changedAt source } } me { id } }',
    );
    expect(data).toEqual({
      user: { id: "u-1001", enrollment: { status: "UNKNOWN", changedAt: null, source: null } },
      me: { id: "u-1001" },
    });
    expect(await subgraph.avibra.requests()).toEqual([]);
  });

  /** Sends a mutation, always with the same key; its payload. */
  const send = (name: string, input: object) => async (selection: string) => {
    const query = `mutation ($input: ${toInputType(name)}!) { ${name}(input: $input) ${selection} }`;
    const variables = { input: { ...input, idempotencyKey: `fields-${name}` } };
    return (await subgraph.graphql(query, { variables, claims: PAYER_CLAIMS })).data[name] as unknown;
  };

  describe("after its first event and its first operation", () => {
    const EVENT = { eventname: "enrollment_successful", eventtimestamp: "2026-02-01T10:00:00Z" };
    beforeAll(async () => {
      await postWebhook(subgraph.url, { ...EVENT, userid: MEMBER_ID });
      await send("updateUser", findMutation("updateUser").input)("{ operation { status } }");
    });

    describeFields("User", [
      {
        of: "a member with an offer",
        expected: {
          id: MEMBER_ID,
          benefits: ["acc-ins", "tele-health", "dental", "life-ins"].map((id) => ({ id })),
          events: { edges: [{ node: { kind: "ENROLLMENT_SUCCESSFUL" } }] },
          currentOffer: { offer: { id: "plus" } },
          availableOffers: ["basic", "plus", "premium"].map((id) => ({ id })),
          operations: { edges: [{ node: { kind: "UPDATE_USER" } }] },
          enrollment: { status: "ENROLLED" },
        },
        read: async (selection) => (await subgraph.graphql(`{ me ${selection} }`)).data.me as unknown,
      },
    ]);
    describeFields("Enrollment", [
      {
        of: "a member of whom Avibra has sent an event",
        expected: { status: "ENROLLED", changedAt: "2026-02-01T10:00:00.000Z", source: "EVENT" },
        read: async (selection) =>
          (await subgraph.graphql(`{ me { enrollment ${selection} } }`)).data.me.enrollment as unknown,
      },
    ]);
  });

  describe.each([
    ["CreateUserPayload", "createUser"],
    ["UpdateUserPayload", "updateUser"],
    ["PrefillUserPayload", "prefillUser"],
    ["CancelUserPayload", "cancelUser"],
    ["CreatePortalLinkPayload", "createPortalLink"],
  ])("%s", (type, name) => {
    const { kind, input, conflictingInput } = findMutation(name);
    const result =
      name === "createPortalLink"
        ? { portalUrl: expect.stringMatching(/^http.*sandbox-link-/) as unknown }
        : { user: { id: input["userId"] } };
    describeFields(type, [
      {
        of: "a mutation that succeeds",
        expected: { operation: { kind, status: "SUCCEEDED" }, ...result },
        read: send(name, input),
      },
      {
        of: "the same key with another input",
        expected: { userErrors: [{ code: "IDEMPOTENCY_KEY_REUSED" }] },
        read: send(name, conflictingInput),
      },
    ]);
  });
});

describe("the state machine of enrollment", () => {
  const STATUSES = ["REQUESTED", "ENROLLED", "OFFER_ACTIVE", "CANCELLED"] as const;
  const fact = fc
    .record({ status: fc.constantFrom(...STATUSES), at: fc.integer({ min: 0, max: 20 }), isUndated: fc.boolean() })
    .map((some): EnrollmentChange => ({ ...some, since: some.at, source: "EVENT" }));
  const dated = fact.map((some): EnrollmentChange => ({ ...some, isUndated: false }));

  test("order and repetition of what is told make no difference", () => {
    fc.assert(
      fc.property(fc.array(fact, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 30 }), (facts, picks) => {
        const again = picks.flatMap((pick) => facts[pick % Math.max(1, facts.length)] ?? []);
        expect(deriveEnrollment(shuffle([...facts, ...again]))).toEqual(deriveEnrollment(facts));
      }),
      { numRuns: 1000 },
    );
  });

  test("a fact that is heard late, and is older than all others whose time is known, moves nobody backwards", () => {
    const rank = (facts: readonly EnrollmentChange[]) =>
      STATUSES.findIndex((one) => one === deriveEnrollment(facts).status);
    fc.assert(
      fc.property(fc.array(dated, { minLength: 1, maxLength: 30 }), dated, (facts, { status }) => {
        const late: EnrollmentChange = { status, at: -1, since: -1, source: "EVENT" };
        expect(rank([...facts, late])).toBeGreaterThanOrEqual(rank(facts));
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    [["ENROLLED", "OFFER_ACTIVE"], "OFFER_ACTIVE"],
    [["OFFER_ACTIVE", "ENROLLED"], "OFFER_ACTIVE"],
    [["ENROLLED", "REQUESTED"], "ENROLLED"],
    [["CANCELLED", "REQUESTED"], "CANCELLED"],
    [["CANCELLED", "ENROLLED"], "ENROLLED"],
    [["OFFER_ACTIVE", "CANCELLED"], "CANCELLED"],
  ] as const)("%j one after the other: %s", (statuses, end) => {
    const facts = statuses.map((status, at): EnrollmentChange => ({ status, at, since: at, source: "EVENT" }));
    expect(deriveEnrollment(facts).status).toBe(end);
  });

  test("what nobody dates moves forward, and brings nobody back", () => {
    const undated = (status: EnrollmentChange["status"]): EnrollmentChange[] => [
      { status, at: 1, since: 1, source: "EVENT", isUndated: true },
    ];
    const cancelled: EnrollmentChange = { status: "CANCELLED", at: 0, since: 0, source: "OPERATION" };
    for (const status of ["ENROLLED", "OFFER_ACTIVE"] as const) {
      expect(deriveEnrollment(undated(status)).status).toBe(status);
      expect(deriveEnrollment([cancelled, ...undated(status)]).status).toBe("CANCELLED");
    }
  });

  test("of what happened at the same moment the earlier step comes first", () => {
    const at = (status: EnrollmentChange["status"]): EnrollmentChange => ({ status, at: 1, since: 1, source: "EVENT" });
    for (const facts of [
      ["CANCELLED", "ENROLLED", "REQUESTED"] as const,
      ["REQUESTED", "CANCELLED", "ENROLLED"] as const,
    ])
      expect(deriveEnrollment(facts.map(at)).status).toBe("CANCELLED");
  });
});
