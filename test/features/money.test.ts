import { describeFields } from "../kit/graphql/describe-fields";
import { RECURRENCE_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

let subgraph: TestSubgraph;
beforeAll(async () => (subgraph = await startSubgraph()));
afterAll(() => subgraph.stop());

describeFields("Money", [
  {
    of: "a benefit's coverage",
    expected: { amount: "10000.00", currency: "USD" },
    read: async (selection) =>
      (await subgraph.graphql(`{ me { benefits { coverage ${selection} } } }`)).data.me.benefits[0].coverage,
  },
  {
    of: "an offer's price",
    expected: { amount: "9.90", currency: "USD" },
    read: async (selection) =>
      (await subgraph.graphql(`{ me { availableOffers { price ${selection} } } }`)).data.me.availableOffers[0].price,
  },
  {
    of: "an authorization's amount, which Delbank writes as the number 19.9",
    expected: { amount: "19.90", currency: "BRL" },
    read: async (selection) =>
      (await subgraph.graphql(`{ pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { amount ${selection} } }`)).data
        .pixAuthorization.amount,
  },
]);
