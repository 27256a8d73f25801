import { describeFields } from "../kit/graphql/describe-fields";
import { BILLING_DAY } from "../kit/seeds/dates";
import { MEMBER_ID } from "../kit/seeds/ids";
import { findMutation, sendMutation } from "../kit/seeds/mutations";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

let subgraph: TestSubgraph;
beforeAll(async () => (subgraph = await startSubgraph()));
afterAll(() => subgraph.stop());

const PLUS = {
  id: "plus",
  name: "Plus",
  description: "Basic plus dental care",
  price: { amount: "19.90", currency: "USD" },
  billingPeriod: "MONTHLY",
};

/** Sends `changeOffer` for the member; its payload. */
const changeOffer = (offerId: string, direction: string) => async (selection: string) => {
  const input = { idempotencyKey: `${offerId}-${direction}`, userId: MEMBER_ID, offerId, direction };
  const query = `mutation ($input: ChangeOfferInput!) { changeOffer(input: $input) ${selection} }`;
  return (await subgraph.graphql(query, { variables: { input } })).data.changeOffer as unknown;
};

describeFields("Offer", [
  {
    of: "an available offer",
    expected: PLUS,
    read: async (selection) => {
      const { data } = await subgraph.graphql(`{ me { availableOffers { offerId: id ...Fields } } }
        fragment Fields on Offer ${selection}`);
      return data.me.availableOffers.find((offer: { offerId: string }) => offer.offerId === "plus");
    },
  },
  {
    of: "the current offer, completed from the available ones",
    expected: PLUS,
    read: async (selection) =>
      (await subgraph.graphql(`{ me { currentOffer { offer ${selection} } } }`)).data.me.currentOffer.offer,
  },
]);

describeFields("CurrentOffer", [
  {
    of: "a member",
    expected: {
      offer: { id: "plus" },
      status: "ACTIVE",
      providerStatus: "ACTIVE",
      activatedAt: BILLING_DAY,
      nextBillingAt: BILLING_DAY,
    },
    read: async (selection) => (await subgraph.graphql(`{ me { currentOffer ${selection} } }`)).data.me.currentOffer,
  },
]);

describeFields("ChangeOfferPayload", [
  {
    of: "a change that Avibra rejects",
    expected: { operation: { status: "FAILED" }, userErrors: [{ code: "PROVIDER_REJECTED" }] },
    read: changeOffer("basic", "UPGRADE"),
  },
  {
    of: "a change that succeeds",
    expected: {
      operation: { kind: "CHANGE_OFFER", status: "SUCCEEDED" },
      user: { id: MEMBER_ID, currentOffer: { offer: { id: "premium" } } },
    },
    read: changeOffer("premium", "UPGRADE"),
  },
]);

describe("an offer that Avibra does not know", () => {
  test.each([
    ["changeOffer", { userId: MEMBER_ID, offerId: "gold", direction: "UPGRADE" }],
    ["createUser", { userId: "m-1", firstName: "Eva", lastName: "Reis", email: "eva@example.com", offerId: "gold" }],
  ])("in %s is named as the reason, and not repeated", async (name, input) => {
    const mutation = findMutation(name);
    const { data } = await sendMutation(subgraph, mutation, { input: { ...input, idempotencyKey: `unknown-${name}` } });
    const message = "Avibra does not know this offer. User.availableOffers lists the offers of a member.";
    const failure = { code: "PROVIDER_REJECTED", message, field: ["input", "offerId"], retryable: false };
    expect(data[name]).toMatchObject({ operation: { status: "FAILED", failure }, userErrors: [failure] });
  });

  test("is only assumed if Avibra's code says so", async () => {
    const { path } = findMutation("changeOffer");
    for (const body of [{ errorcode: "400", errormessage: "OFFER_NOT_FOUND" }, "OFFER_NOT_FOUND", { errorcode: 7 }]) {
      await subgraph.avibra.addFault({ match: { path }, kind: "status", status: 400, body });
      const idempotencyKey = `refused-${JSON.stringify(body).length}`;
      const input = { idempotencyKey, userId: MEMBER_ID, offerId: "premium", direction: "UPGRADE" };
      const { data } = await sendMutation(subgraph, findMutation("changeOffer"), { input });
      expect(data.changeOffer.userErrors).toMatchObject([
        { message: "The provider rejected the request.", field: null },
      ]);
    }
  });
});
