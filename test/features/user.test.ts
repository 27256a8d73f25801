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

  test("has an id and an enrollment without a provider call", async () => {
    const { data } = await subgraph.graphql(
      '{ user(id: "u-1001") { id enrollment { status changedAt source } } me { id } }',
    );
    expect(data).toEqual({
      user: { id: MEMBER_ID, enrollment: { status: "UNKNOWN", changedAt: null, source: null } },
      me: { id: MEMBER_ID },
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
  const anyChange = fc
    .record({ status: fc.constantFrom(...STATUSES), at: fc.integer({ min: 0, max: 20 }), isUndated: fc.boolean() })
    .map((change): EnrollmentChange => ({ ...change, since: change.at, source: "EVENT" }));
  const dated = anyChange.map((change): EnrollmentChange => ({ ...change, isUndated: false }));

  test("derives the same status from any order and repetition of the changes", () => {
    fc.assert(
      fc.property(fc.array(anyChange, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 30 }), (changes, picks) => {
        const again = picks.flatMap((pick) => changes[pick % Math.max(1, changes.length)] ?? []);
        expect(deriveEnrollment(shuffle([...changes, ...again]))).toEqual(deriveEnrollment(changes));
      }),
      { numRuns: 1000 },
    );
  });

  test("does not go back for a late change that is older than all others", () => {
    const rank = (changes: readonly EnrollmentChange[]) =>
      STATUSES.findIndex((one) => one === deriveEnrollment(changes).status);
    fc.assert(
      fc.property(fc.array(dated, { minLength: 1, maxLength: 30 }), dated, (changes, { status }) => {
        const late: EnrollmentChange = { status, at: -1, since: -1, source: "EVENT" };
        expect(rank([...changes, late])).toBeGreaterThanOrEqual(rank(changes));
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
  ] as const)("derives from %j in this order: %s", (statuses, end) => {
    const changes = statuses.map((status, at): EnrollmentChange => ({ status, at, since: at, source: "EVENT" }));
    expect(deriveEnrollment(changes).status).toBe(end);
  });

  test("goes forward for an undated event, but not from CANCELLED", () => {
    const undated = (status: EnrollmentChange["status"]): EnrollmentChange[] => [
      { status, at: 1, since: 1, source: "EVENT", isUndated: true },
    ];
    const cancelled: EnrollmentChange = { status: "CANCELLED", at: 0, since: 0, source: "OPERATION" };
    for (const status of ["ENROLLED", "OFFER_ACTIVE"] as const) {
      expect(deriveEnrollment(undated(status)).status).toBe(status);
      expect(deriveEnrollment([cancelled, ...undated(status)]).status).toBe("CANCELLED");
    }
  });

  test("applies changes of the same time in the order of the steps", () => {
    const at = (status: EnrollmentChange["status"]): EnrollmentChange => ({ status, at: 1, since: 1, source: "EVENT" });
    for (const changes of [
      ["CANCELLED", "ENROLLED", "REQUESTED"] as const,
      ["REQUESTED", "CANCELLED", "ENROLLED"] as const,
    ])
      expect(deriveEnrollment(changes.map(at)).status).toBe("CANCELLED");
  });
});
