import { MemberBenefitsDocument } from "../federation/client/generated/graphql";
import { describeFields } from "../kit/graphql/describe-fields";
import { BILLING_DAY } from "../kit/seeds/dates";
import { CANCELLED_MEMBER_ID, MEMBER_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const BENEFITS = "/user/benefits/";

describe("a member's benefits and offers", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => (subgraph = await startSubgraph()));
  afterAll(() => subgraph.stop());
  beforeEach(async () => {
    await subgraph.avibra.reset();
  });

  test("are all read with one provider call", async () => {
    const { me } = await subgraph.execute(MemberBenefitsDocument, { variables: {} });
    expect(me?.id).toBe(MEMBER_ID);
    expect(me?.currentOffer).toMatchObject({
      status: "ACTIVE",
      offer: { id: "plus", name: "Plus", price: { amount: "19.90", currency: "USD" }, billingPeriod: "MONTHLY" },
    });
    expect(me?.benefits?.map(({ id, status }) => [id, status])).toEqual([
      ["acc-ins", "ACTIVE"],
      ["tele-health", "ACTIVE"],
      ["dental", "PENDING"],
      ["life-ins", "UNKNOWN"],
    ]);
    expect(me?.benefits?.[0]).toMatchObject({ userId: MEMBER_ID, coverage: { amount: "10000.00", currency: "USD" } });
    expect(me?.availableOffers?.map(({ price }) => price?.amount)).toEqual(["9.90", "19.90", "39.90"]);
    expect(await subgraph.avibra.requests(BENEFITS)).toHaveLength(1);
  });

  test("are null with the provider's code if Avibra fails, not empty, and the member's other fields have data", async () => {
    await subgraph.avibra.addFault({ match: { path: BENEFITS }, kind: "status", status: 500 });
    const { data, errors } = await subgraph.graphql(
      "{ me { id benefits { id } availableOffers { id } operations { edges { cursor } } } }",
    );
    expect(data).toEqual({ me: { id: MEMBER_ID, benefits: null, availableOffers: null, operations: { edges: [] } } });
    const extensions = expect.objectContaining({ code: "PROVIDER_UNAVAILABLE", retryable: true });
    expect(errors).toHaveLength(2);
    expect(new Set(errors)).toEqual(
      new Set(
        ["benefits", "availableOffers"].map((name) => expect.objectContaining({ path: ["me", name], extensions })),
      ),
    );
  });

  test("are read with one call also for aliases and provider values", async () => {
    const { data } = await subgraph.graphql(
      "{ me { currentOffer { providerStatus activatedAt } benefits { id } all: benefits { id } } }",
    );
    expect(data.me.currentOffer).toEqual({ providerStatus: "ACTIVE", activatedAt: BILLING_DAY });
    expect(data.me.all).toEqual(data.me.benefits);
    expect(data.me.all).toHaveLength(4);
    expect(await subgraph.avibra.requests(BENEFITS)).toHaveLength(1);
  });

  test("with an undocumented status are UNKNOWN with providerStatus, and listed with the others", async () => {
    const { data } = await subgraph.graphql("{ me { benefits(status: [UNKNOWN]) { id status providerStatus } } }");
    expect(data.me.benefits).toEqual([{ id: "life-ins", status: "UNKNOWN", providerStatus: "GRACE_PERIOD" }]);
  });

  test("have a pendingSwap with its direction and time if the next swap adds or removes them", async () => {
    const { data } = await subgraph.graphql(
      "{ me { benefits { id swapEffectiveAt swapExpiresAt pendingSwap { direction at } } } }",
    );
    const swaps = Object.fromEntries(data.me.benefits.map((benefit: { id: string }) => [benefit.id, benefit]));
    expect(swaps["acc-ins"].pendingSwap).toEqual({ direction: "REMOVING", at: swaps["acc-ins"].swapExpiresAt });
    expect(swaps["dental"].pendingSwap).toEqual({ direction: "ADDING", at: swaps["dental"].swapEffectiveAt });
    expect(swaps["tele-health"]).toMatchObject({ pendingSwap: null, swapEffectiveAt: null, swapExpiresAt: null });
  });

  test("can be filtered by status", async () => {
    const { data } = await subgraph.graphql(
      "{ me { benefits(status: [ACTIVE]) { id } none: benefits(status: []) { id } } }",
    );
    expect(data.me).toEqual({ benefits: [{ id: "acc-ins" }, { id: "tele-health" }], none: [] });
  });

  test.each([
    ["u-1003", "prefilled, not enrolled", null],
    [CANCELLED_MEMBER_ID, "offer cancelled", { status: "CANCELLED" }],
    ["u-unknown", "unknown to Avibra", null],
  ])("of %s (%s) have no ACTIVE benefit, without an error", async (id, _state, currentOffer) => {
    const { data, errors } = await subgraph.graphql(
      "query($id: UserId!) { user(id: $id) { currentOffer { status } benefits(status: [ACTIVE]) { id } } }",
      { variables: { id } },
    );
    expect(errors).toBeUndefined();
    expect(data.user).toEqual({ currentOffer, benefits: [] });
  });

  test("fail with PROVIDER_CONTRACT if Avibra returns another member's", async () => {
    await subgraph.avibra.addFault({
      match: { path: BENEFITS },
      kind: "wrongShape",
      body: JSON.stringify({ userid: "u-1002", currentoffer: null, offers: [], benefits: [] }),
    });
    const { data, errors } = await subgraph.graphql("{ me { benefits { id } } }");
    expect(data.me).toEqual({ benefits: null });
    expect(errors?.[0]?.extensions.code).toBe("PROVIDER_CONTRACT");
  });

  /** Reads one benefit of a member with this selection set. */
  const readBenefit = (userId: string, benefitId: string) => async (selection: string) => {
    const query = `query ($userId: UserId!) { user(id: $userId) { benefits { benefitId: id ...Fields } } }
      fragment Fields on Benefit ${selection}`;
    const { data } = await subgraph.graphql(query, { variables: { userId } });
    return data.user.benefits.find((benefit: { benefitId: string }) => benefit.benefitId === benefitId);
  };
  const firstOfMonth: unknown = expect.stringMatching(/^\d{4}-\d\d-01T00:00:00\.000Z$/); // the swap of next month

  describeFields("Benefit", [
    {
      of: "a benefit that the next swap removes",
      expected: {
        id: "acc-ins",
        userId: MEMBER_ID,
        name: "Accident insurance",
        description: "Pays out after an accident",
        category: "INSURANCE",
        status: "ACTIVE",
        providerStatus: "ACTIVE",
        coverage: { amount: "10000.00", currency: "USD" },
        effectiveAt: BILLING_DAY,
        expiresAt: null,
        swapEffectiveAt: null,
        swapExpiresAt: firstOfMonth,
        pendingSwap: { direction: "REMOVING", at: firstOfMonth },
      },
      read: readBenefit(MEMBER_ID, "acc-ins"),
    },
    {
      of: "a benefit that the next swap adds",
      expected: { status: "PENDING", effectiveAt: null, swapEffectiveAt: firstOfMonth, swapExpiresAt: null },
      read: readBenefit(MEMBER_ID, "dental"),
    },
    {
      of: "a cancelled member's benefit",
      expected: { status: "INACTIVE", providerStatus: "inactive", expiresAt: BILLING_DAY },
      read: readBenefit(CANCELLED_MEMBER_ID, "acc-ins"),
    },
  ]);

  describeFields("BenefitSwap", [
    {
      of: "a benefit that the next swap adds",
      expected: { direction: "ADDING", at: firstOfMonth },
      read: async (selection) =>
        ((await readBenefit(MEMBER_ID, "dental")(`{ pendingSwap ${selection} }`)) as { pendingSwap: unknown })
          .pendingSwap,
    },
  ]);
});
