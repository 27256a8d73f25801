import { PixAuthorizationDocument } from "../federation/client/generated/graphql";
import { sendMutation, findMutation, PAYER_TAX_ID } from "../kit/seeds/mutations";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

const RECURRENCE = "RR0435879820240605njua7shf40o";
const CANCELLED = "RR3822485720260110cancelled01";
const CANCELLATION = "IC0435879820240605bcdb1fhn43a";

const AUTHORIZATION_QUERY = `query($id: RecurrenceId!) { pixAuthorization(recurrenceId: $id) {
  recurrenceId status providerStatus amount { amount currency }
  payer { personType document name } beneficiary { personType document }
  cancellations { id recurrenceId reason reasonCode requesterType requesterDocument }
} }`;
let keys = 0;
const CANCELLATION_QUERY = `query($recurrence: RecurrenceId!, $id: CancellationId!) {
  pixCancellation(recurrenceId: $recurrence, id: $id) {
    id recurrenceId requesterType requesterDocument reason reasonCode cancelledAt providerStatus authorization { status }
  } }`;

describe.each(["automatic-pix", "pix-automatic"])("Automatic Pix over generation %s", (generation) => {
  let subgraph: TestSubgraph;
  beforeAll(async () => (subgraph = await startSubgraph({ DELBANK_API_GENERATION: generation })));
  afterAll(() => subgraph.stop());
  beforeEach(async () => {
    await subgraph.delbank.reset();
  });

  test("an authorization shows its parties with masked documents, a leading zero counted", async () => {
    const { pixAuthorization } = await subgraph.execute(PixAuthorizationDocument, {
      variables: { recurrenceId: RECURRENCE },
    });
    expect(pixAuthorization).toMatchObject({
      recurrenceId: RECURRENCE,
      status: "ACTIVE",
      amount: { currency: "BRL" },
      payer: { personType: "NATURAL", document: "***.232.170-**" },
      beneficiary: { personType: "LEGAL", document: "**.345.678/****-**" },
      cancellations: [],
    });
  });

  test("a company's CNPJ that begins with 0 keeps its zero", async () => {
    const { pixAuthorization } = await subgraph.execute(PixAuthorizationDocument, {
      variables: { recurrenceId: "RR3822485720260110legalpay001" },
    });
    expect(pixAuthorization?.payer).toMatchObject({ personType: "LEGAL", document: "**.234.567/****-**" });
  });

  test.each([
    [CANCELLED, "CANCELLED"],
    ["RN3822485720260110pending0001", "PENDING"],
    ["RR3822485720260110expired0001", "EXPIRED"],
    ["RR3822485720260110rejected001", "REJECTED"],
  ])("%s is %s", async (recurrenceId, status) => {
    const { pixAuthorization } = await subgraph.execute(PixAuthorizationDocument, { variables: { recurrenceId } });
    expect(pixAuthorization?.status).toBe(status);
  });

  test("a cancellation says who asked, why and when, its ordinal reason read", async () => {
    const variables = { recurrence: CANCELLED, id: CANCELLATION };
    const { data, errors } = await subgraph.graphql(CANCELLATION_QUERY, { variables });
    expect(errors).toBeUndefined();
    expect(data.pixCancellation).toEqual({
      id: CANCELLATION,
      recurrenceId: CANCELLED,
      requesterType: "NATURAL",
      requesterDocument: "***.793.620-**",
      reason: "REQUESTED_BY_PAYEE",
      reasonCode: "SLCR",
      cancelledAt: "2024-09-17T10:10:06.101Z",
      providerStatus: "0",
      authorization: { status: "CANCELLED" },
    });
  });

  test("what Delbank does not know is null, not an error", async () => {
    const id = "RR3822485720260110nobodyknows";
    const { data, errors } = await subgraph.graphql(
      `query($id: RecurrenceId!, $c: CancellationId!) { pixAuthorization(recurrenceId: $id) { status } pixCancellation(recurrenceId: $id, id: $c) { id } }`,
      { variables: { id, c: CANCELLATION } },
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({ pixAuthorization: null, pixCancellation: null });
  });

  test("an authorization asked for by three aliases is fetched once", async () => {
    const ask = (alias: string) => `${alias}: pixAuthorization(recurrenceId: "${RECURRENCE}") { status }`;
    await subgraph.graphql(`{ ${["a", "b", "c"].map(ask).join(" ")} }`);
    expect(await subgraph.delbank.requests()).toHaveLength(1);
  });
});

describe("values that the provider never documented", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => (subgraph = await startSubgraph()));
  afterAll(() => subgraph.stop());

  test.each([
    ["an unknown ordinal", 11, "UNKNOWN", "11"],
    ["a name instead of an ordinal", "REQUESTED_BY_PAYER", "REQUESTED_BY_PAYER", "SLDB"],
    ["a scheme code that has no name", "SJUD", "UNKNOWN", "SJUD"],
    ["nothing", null, "UNKNOWN", null],
  ])("reason: %s", async (_case, value, reason, reasonCode) => {
    const item = {
      RecurrenceId: RECURRENCE,
      CancellationId: CANCELLATION,
      CancellationReason: value,
      RequesterDocument: 4623217035,
      RequesterPersonType: "ALIEN",
    };
    await subgraph.delbank.addFault({
      match: { path: "/automatic-pix" },
      kind: "wrongShape",
      body: JSON.stringify({ RecurrenceId: RECURRENCE, Situation: "FROZEN", cancellations: [item] }),
    });
    const { data, errors } = await subgraph.graphql(AUTHORIZATION_QUERY, { variables: { id: RECURRENCE } });
    expect(errors).toBeUndefined();
    expect(data.pixAuthorization).toMatchObject({
      status: "UNKNOWN",
      providerStatus: "FROZEN",
      payer: { personType: null, document: null },
    });
    expect(data.pixAuthorization.cancellations[0]).toMatchObject({
      reason,
      reasonCode,
      requesterType: "NATURAL",
      requesterDocument: "***.232.170-**",
    });
  });

  test.each(["Canceled", "CANCELED", "cancelled"])(
    "status: %s is CANCELLED, and not to be cancelled again",
    async (status) => {
      const payer = { type: "NATURAL", document: PAYER_TAX_ID };
      const body = JSON.stringify({ RecurrenceId: RECURRENCE, status, payer, cancellations: [] });
      await subgraph.delbank.addFault({
        match: { path: "/automatic-pix", method: "GET" },
        kind: "wrongShape",
        body,
        times: 2,
      });
      const { data } = await subgraph.graphql(AUTHORIZATION_QUERY, { variables: { id: RECURRENCE } });
      expect(data.pixAuthorization).toMatchObject({ status: "CANCELLED", providerStatus: status });
      expect(await cancel()).toMatchObject({ userErrors: [{ code: "ALREADY_CANCELLED" }] });
    },
  );

  test.each(["AUTHORIZATION_ALREADY_CANCELED", "Authorization_Already_Cancelled"])(
    "a refusal's code: %s is ALREADY_CANCELLED",
    async (code) => {
      await subgraph.delbank.reset();
      const body = JSON.stringify({ title: "Unprocessable Entity", code, errors: [] });
      await subgraph.delbank.addFault({ match: { method: "POST" }, kind: "wrongShape", status: 422, body });
      expect(await cancel()).toMatchObject({ userErrors: [{ code: "ALREADY_CANCELLED" }] });
      const sent = (await subgraph.delbank.requests()).filter(({ method }) => method === "POST");
      expect(sent).toHaveLength(1); // the refusal was Delbank's
    },
  );

  async function cancel() {
    const mutation = findMutation("cancelPixAuthorization");
    const input = { ...mutation.input, idempotencyKey: `spelling-${(keys += 1)}` };
    return (await sendMutation(subgraph, mutation, { input })).data.cancelPixAuthorization as object;
  }
});
