import { buildClientSchema, getOperationAST, introspectionFromSchema, type IntrospectionQuery, parse } from "graphql";
import { createSubgraph } from "../../src/app/schema";
import { callers } from "../../src/playground/page/callers";
import { hideFederation } from "../../src/playground/page/hide-federation";
import { describeSubscription } from "../../src/playground/page/subscriptions";
import { changeResults, type ResultChange, type TabResults, toErrors } from "../../src/playground/page/tab-results";
import { RECURRENCE_ID } from "../kit/seeds/ids";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

describe("the schema that the playground's explorer gets", () => {
  let data: IntrospectionQuery;
  beforeAll(async () => {
    const { schema } = await createSubgraph();
    data = introspectionFromSchema(schema);
  });

  test("has no field, type or directive that only routers use, and is complete without them", () => {
    expect(JSON.stringify(data)).toMatch(/"_entities".*"_service".*"_Any"/);
    const shown = hideFederation({ data }).data;
    expect(JSON.stringify(shown)).not.toMatch(/"_(?!_)|"federation|"link/);
    const schema = buildClientSchema(shown);
    expect(Object.keys(schema.getQueryType()?.getFields() ?? {})).toEqual(
      expect.arrayContaining(["me", "user", "pixAuthorization"]),
    );
    expect(schema.getDirectives().map(({ name }) => name)).toEqual([
      ...["include", "skip", "deprecated", "specifiedBy", "oneOf"],
    ]);
  });

  test.each([[{ errors: [{ message: "Introspection is off." }] }], [{ data: null }]])(
    "is passed on if the response contains none: %j",
    (body) => {
      expect(hideFederation(body)).toBe(body);
    },
  );
});

describe("the playground's callers", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => (subgraph = await startSubgraph()));
  afterAll(() => subgraph.stop());

  test("have labels and descriptions that say what the sandbox's data is", async () => {
    const query = `query ($id: RecurrenceId!) { me { currentOffer { status offer { name } } benefits { id } }
      pixAuthorization(recurrenceId: $id) { status } }`;
    const seen = await Promise.all(
      callers.map(async ({ label, description, claims }) => {
        const said = `${label}: ${description}`;
        const id = /RR\w{27}/.exec(description)?.[0] ?? RECURRENCE_ID;
        const { data, errors } = await subgraph.graphql(query, { variables: { id }, claims: claims ?? null });
        if (errors) return [said, errors[0]?.extensions.code];
        const { currentOffer, benefits } = data.me;
        const offer = currentOffer ? `${currentOffer.offer.name} ${currentOffer.status}` : "no offer";
        return [said, `${offer}, ${benefits.length} benefits, ${data.pixAuthorization?.status ?? "no recurrence"}`];
      }),
    );
    expect(Object.fromEntries(seen)).toEqual({
      "Member u-1001, who pays by Pix: Ana has the offer Plus and pays for it with the recurrence RR0435879820240605njua7shf40o":
        "Plus ACTIVE, 4 benefits, ACTIVE",
      "Member u-1002, with the offer Basic: Bruno has two active benefits": "Basic ACTIVE, 2 benefits, no recurrence",
      "Member u-1003, not enrolled yet: Carla is prefilled: no offer, no benefits":
        "no offer, 0 benefits, no recurrence",
      "Member u-1004, who cancelled: Davi's offer and his recurrence RR3822485720260110cancelled01 are cancelled":
        "Basic CANCELLED, 1 benefits, CANCELLED",
      "Payer p-2001, a company: Padaria Aurora is no member, but pays with the recurrence RR3822485720260110legalpay001":
        "no offer, 0 benefits, ACTIVE",
      "Staff: everybody's data: Reads and changes every member's data; tax IDs are masked":
        "no offer, 0 benefits, ACTIVE",
      "Staff: tax IDs in full, too: Reads every member's data, with whole tax IDs": "no offer, 0 benefits, ACTIVE",
      "Anonymous: without a token: Every field is refused": "UNAUTHENTICATED",
    });
  });
});

describe("what a tab of the playground shows", () => {
  const subscription = { waitsFor: "events", memberId: undefined, callerName: "Ana" };
  const subscribed: ResultChange = { type: "subscribed", tab: "a", subscription };
  const received = (number: number): ResultChange => ({
    type: "received",
    tab: "a",
    event: { body: number, at: number },
  });
  const change = (...changes: readonly ResultChange[]) => changes.reduce<TabResults>(changeResults, {});
  const bodies = (results: TabResults) =>
    (results["a"]?.kind === "events" ? results["a"].events : []).map((one) => one.body);

  test("are a subscription's events, the newest first, also after its end", () => {
    const ended: ResultChange = { type: "ended", tab: "a", errors: [{ message: "closed" }] };
    const results = change(subscribed, received(1), received(2), ended);
    expect(bodies(results)).toEqual([2, 1]);
    expect(results["a"]).toMatchObject({ isOpen: false, errors: [{ message: "closed" }] });
  });

  test("are the last 100 events of a subscription that received more", () => {
    const numbers = Array.from({ length: 101 }, (_, index) => index);
    expect(bodies(change(subscribed, ...numbers.map(received)))).toEqual(numbers.slice(1).toReversed());
  });

  test("is its own response, and nothing after a reset", () => {
    const completed = { body: {}, durationMs: 1, callerName: undefined };
    const results = change(subscribed, { type: "responded", tab: "b", completed });
    expect(results["b"]).toEqual({ kind: "response", completed });
    expect(results["a"]?.kind).toBe("events");
    expect(changeResults(results, { type: "cleared" })).toEqual({});
  });

  test("is the response, if an event of the tab's former subscription arrives later", () => {
    const completed = { body: {}, durationMs: 1, callerName: undefined };
    const results = change(subscribed, { type: "responded", tab: "a", completed }, received(1));
    expect(results["a"]).toEqual({ kind: "response", completed });
  });

  test("is nothing after its request was stopped, and the events that it has after its subscription was", () => {
    const completed = { body: {}, durationMs: 1, callerName: undefined };
    const stopped: ResultChange = { type: "stopped", tab: "a" };
    expect(change({ type: "responded", tab: "a", completed }, stopped)).toEqual({});
    const results = change(subscribed, received(1), stopped);
    expect(bodies(results)).toEqual([1]);
    expect(results["a"]).toMatchObject({ isOpen: false, errors: [] });
  });

  test.each([
    [[{ message: "no", extensions: { code: "FORBIDDEN" } }], [{ message: "no", extensions: { code: "FORBIDDEN" } }]],
    [new Error("Failed to fetch"), [{ message: "Failed to fetch" }]],
    [{ code: 4403, reason: "Forbidden" }, [{ message: "The connection was closed (4403: Forbidden)." }]],
    [{ code: 1006, reason: "" }, [{ message: "The connection was closed (1006)." }]],
    [undefined, [{ message: "The connection was closed." }]],
  ])("are errors if %j was thrown instead of a response", (thrown, errors) => {
    expect(toErrors(thrown)).toEqual(errors);
  });
});

describe("what a subscription waits for", () => {
  test.each([
    ["subscription { userEvents(userId: $id) { id } }", "Avibra's events about u-1001", "u-1001"],
    ['subscription { userEvents(userId: "u-7") { id } }', "Avibra's events about u-7", "u-7"],
    ["subscription { userEvents(userId: $missing) { id } }", "Avibra's events about a member", undefined],
    ["subscription { operationSettled(id: $id) { id } }", "the outcome of operation u-1001", undefined],
    ["subscription { later: added { id } }", "events of added", undefined],
  ])("of %s is said in words", (query, waitsFor, memberId) => {
    const operation = getOperationAST(parse(query));
    expect(operation && describeSubscription(operation, { id: "u-1001" })).toEqual({ waitsFor, memberId });
  });
});
