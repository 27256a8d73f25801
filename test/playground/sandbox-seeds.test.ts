import { SEED_AUTHORIZATIONS, SEED_MEMBERS } from "../../src/playground/reference/sandbox-seeds";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

/** The state that a text names, as the graph has it. */
const STATUSES: readonly (readonly [RegExp, string])[] = [
  [/^active/, "ACTIVE"],
  [/^cancelled/, "CANCELLED"],
  [/^confirmation pending/, "PENDING"],
  [/^expired/, "EXPIRED"],
  [/^rejected/, "REJECTED"],
];

describe("the sandbox's data on the page /docs", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => {
    subgraph = await startSubgraph();
  });
  afterAll(() => subgraph.stop());

  test.each(SEED_AUTHORIZATIONS)("says the status that $id has", async ({ id, state }) => {
    const { data } = await subgraph.graphql(
      `{ pixAuthorization(recurrenceId: "${id}") { status payer { personType } } }`,
    );
    const expected = STATUSES.find(([pattern]) => pattern.test(state))?.[1];
    expect(data.pixAuthorization.status).toBe(expected);
    const [, party] = /the payer is a (person|company)/.exec(state) ?? [];
    if (party) expect(data.pixAuthorization.payer.personType).toBe(party === "person" ? "NATURAL" : "LEGAL");
  });

  test.each(SEED_MEMBERS)("says the offer that $id has", async ({ id, state }) => {
    const { data } = await subgraph.graphql(`{ user(id: "${id}") { currentOffer { status offer { id } } } }`);
    const [, offer] = /offer `(\w+)`/.exec(state) ?? [];
    const current = data.user.currentOffer;
    if (offer) expect(current).toEqual({ status: "ACTIVE", offer: { id: offer } });
    else if (state.includes("no offer")) expect(current).toBeNull();
    else expect({ state, status: current.status }).toEqual({ state: "offer cancelled", status: "CANCELLED" });
  });
});
