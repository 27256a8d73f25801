import { PixAuthorizationDocument } from "../federation/client/generated/graphql";
import { TaxId } from "../../src/features/pix-authorization/tax-id.type";
import { describeFields } from "../kit/graphql/describe-fields";
import { CANCELLATION_TIME } from "../kit/seeds/dates";
import { CANCELLATION_ID, CANCELLED_RECURRENCE_ID, OTHER_TAX_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { sendMutation, findMutation } from "../kit/seeds/mutations";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

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

describe.each(["automatic-pix", "pix-automatic"])("Automatic Pix with API generation %s", (generation) => {
  let subgraph: TestSubgraph;
  beforeAll(async () => (subgraph = await startSubgraph({ DELBANK_API_GENERATION: generation })));
  afterAll(() => subgraph.stop());
  beforeEach(async () => {
    await subgraph.delbank.reset();
  });

  test("returns the parties of an authorization with masked documents and their leading zeros", async () => {
    const { pixAuthorization } = await subgraph.execute(PixAuthorizationDocument, {
      variables: { recurrenceId: RECURRENCE_ID },
    });
    expect(pixAuthorization).toMatchObject({
      recurrenceId: RECURRENCE_ID,
      status: "ACTIVE",
      amount: { currency: "BRL" },
      payer: { personType: "NATURAL", document: "***.232.170-**" },
      beneficiary: { personType: "LEGAL", document: "**.345.678/****-**" },
      cancellations: [],
    });
  });

  const readAuthorization = async (recurrenceId: string, selection: string) => {
    const query = `query ($id: RecurrenceId!) { pixAuthorization(recurrenceId: $id) ${selection} }`;
    return (await subgraph.graphql(query, { variables: { id: recurrenceId } })).data.pixAuthorization;
  };

  describeFields("PixAuthorization", [
    {
      of: "an authorization that was cancelled",
      expected: {
        recurrenceId: CANCELLED_RECURRENCE_ID,
        status: "CANCELLED",
        providerStatus: expect.stringMatching(/./),
        amount: { amount: "19.90", currency: "BRL" },
        payer: { personType: "NATURAL", document: "***.793.620-**", name: "Davi Rocha" },
        beneficiary: { personType: "LEGAL", document: "**.345.678/****-**", name: "Clube de Vantagens S.A." },
        cancellations: [{ id: CANCELLATION_ID, recurrenceId: CANCELLED_RECURRENCE_ID }],
      },
      read: (selection) => readAuthorization(CANCELLED_RECURRENCE_ID, selection),
    },
  ]);
  describeFields("PixParty", [
    {
      of: "a payer",
      expected: { personType: "NATURAL", document: "***.232.170-**", name: "Ana Souza" },
      read: async (selection) => (await readAuthorization(RECURRENCE_ID, `{ payer ${selection} }`)).payer,
    },
    {
      of: "a beneficiary",
      expected: { personType: "LEGAL", document: "**.345.678/****-**", name: "Clube de Vantagens S.A." },
      read: async (selection) => (await readAuthorization(RECURRENCE_ID, `{ beneficiary ${selection} }`)).beneficiary,
    },
  ]);
  describeFields("PixCancellation", [
    {
      of: "a cancellation by the payee",
      expected: {
        id: CANCELLATION_ID,
        recurrenceId: CANCELLED_RECURRENCE_ID,
        requesterType: "NATURAL",
        requesterDocument: "***.793.620-**",
        reason: "REQUESTED_BY_PAYEE",
        reasonCode: "SLCR",
        cancelledAt: CANCELLATION_TIME,
        providerStatus: "0",
        authorization: { recurrenceId: CANCELLED_RECURRENCE_ID, status: "CANCELLED" },
      },
      read: async (selection) =>
        (await readAuthorization(CANCELLED_RECURRENCE_ID, `{ cancellations ${selection} }`)).cancellations[0],
    },
  ]);
  const cancelAuthorization = (requesterDocument: string) => async (selection: string) => {
    const { input } = findMutation("cancelPixAuthorization");
    const variables = { input: { ...input, requesterDocument, idempotencyKey: `fields-${requesterDocument}` } };
    const query = `mutation ($input: CancelPixAuthorizationInput!) { cancelPixAuthorization(input: $input) ${selection} }`;
    return (await subgraph.graphql(query, { variables, claims: PAYER_CLAIMS })).data.cancelPixAuthorization as unknown;
  };
  describeFields("CancelPixAuthorizationPayload", [
    {
      of: "a cancellation that is refused",
      expected: { userErrors: [{ code: "DOCUMENT_MISMATCH" }] },
      read: cancelAuthorization(OTHER_TAX_ID),
    },
    {
      of: "a cancellation that succeeds",
      expected: {
        operation: { kind: "CANCEL_PIX_AUTHORIZATION", status: "SUCCEEDED" },
        pixCancellation: { recurrenceId: RECURRENCE_ID, reason: "REQUESTED_BY_PAYER" },
        authorization: { recurrenceId: RECURRENCE_ID, status: "CANCELLED" },
      },
      read: cancelAuthorization(PAYER_TAX_ID),
    },
  ]);

  test("keeps the leading zero of a company's CNPJ", async () => {
    const { pixAuthorization } = await subgraph.execute(PixAuthorizationDocument, {
      variables: { recurrenceId: "RR3822485720260110legalpay001" },
    });
    expect(pixAuthorization?.payer).toMatchObject({ personType: "LEGAL", document: "**.234.567/****-**" });
  });

  test.each([
    [CANCELLED_RECURRENCE_ID, "CANCELLED"],
    ["RN3822485720260110pending0001", "PENDING"],
    ["RR3822485720260110expired0001", "EXPIRED"],
    ["RR3822485720260110rejected001", "REJECTED"],
  ])("returns authorization %s as %s", async (recurrenceId, status) => {
    const { pixAuthorization } = await subgraph.execute(PixAuthorizationDocument, { variables: { recurrenceId } });
    expect(pixAuthorization?.status).toBe(status);
  });

  test("returns a cancellation with its requester, time and reason, which Delbank sends as an ordinal", async () => {
    const variables = { recurrence: CANCELLED_RECURRENCE_ID, id: CANCELLATION_ID };
    const { data, errors } = await subgraph.graphql(CANCELLATION_QUERY, { variables });
    expect(errors).toBeUndefined();
    expect(data.pixCancellation).toEqual({
      id: CANCELLATION_ID,
      recurrenceId: CANCELLED_RECURRENCE_ID,
      requesterType: "NATURAL",
      requesterDocument: "***.793.620-**",
      reason: "REQUESTED_BY_PAYEE",
      reasonCode: "SLCR",
      cancelledAt: CANCELLATION_TIME,
      providerStatus: "0",
      authorization: { status: "CANCELLED" },
    });
  });

  test("returns null without an error for an authorization that Delbank does not know", async () => {
    const id = "RR3822485720260110unknown0001";
    const { data, errors } = await subgraph.graphql(
      `query($id: RecurrenceId!, $c: CancellationId!) { pixAuthorization(recurrenceId: $id) { status } pixCancellation(recurrenceId: $id, id: $c) { id } }`,
      { variables: { id, c: CANCELLATION_ID } },
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({ pixAuthorization: null, pixCancellation: null });
  });

  test("fetches an authorization once for three aliases", async () => {
    const select = (alias: string) => `${alias}: pixAuthorization(recurrenceId: "${RECURRENCE_ID}") { status }`;
    await subgraph.graphql(`{ ${["a", "b", "c"].map(select).join(" ")} }`);
    expect(await subgraph.delbank.requests()).toHaveLength(1);
  });
});

describe("an undocumented value of Delbank", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => (subgraph = await startSubgraph()));
  afterAll(() => subgraph.stop());

  test.each([
    ["an unknown ordinal", 11, "UNKNOWN", "11"],
    ["a name instead of an ordinal", "REQUESTED_BY_PAYER", "REQUESTED_BY_PAYER", "SLDB"],
    ["a scheme code that has no name", "SJUD", "UNKNOWN", "SJUD"],
    ["nothing", null, "UNKNOWN", null],
  ])(
    "in a cancellation is UNKNOWN or normalized, without an error: %s as the reason",
    async (_case, value, reason, reasonCode) => {
      const item = {
        RecurrenceId: RECURRENCE_ID,
        CancellationId: CANCELLATION_ID,
        CancellationReason: value,
        RequesterDocument: 4623217035,
        RequesterPersonType: "ALIEN",
      };
      await subgraph.delbank.addFault({
        match: { path: "/automatic-pix" },
        kind: "wrongShape",
        body: JSON.stringify({ RecurrenceId: RECURRENCE_ID, Situation: "FROZEN", cancellations: [item] }),
      });
      const { data, errors } = await subgraph.graphql(AUTHORIZATION_QUERY, { variables: { id: RECURRENCE_ID } });
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
    },
  );

  test.each(["Canceled", "CANCELED", "cancelled"])(
    "in the status, %s, is CANCELLED, and the authorization cannot be cancelled again",
    async (status) => {
      const payer = { type: "NATURAL", document: PAYER_TAX_ID };
      const body = JSON.stringify({ RecurrenceId: RECURRENCE_ID, status, payer, cancellations: [] });
      await subgraph.delbank.addFault({
        match: { path: "/automatic-pix", method: "GET" },
        kind: "wrongShape",
        body,
        times: 2,
      });
      const { data } = await subgraph.graphql(AUTHORIZATION_QUERY, { variables: { id: RECURRENCE_ID } });
      expect(data.pixAuthorization).toMatchObject({ status: "CANCELLED", providerStatus: status });
      expect(await cancel()).toMatchObject({ userErrors: [{ code: "ALREADY_CANCELLED" }] });
    },
  );

  test.each(["AUTHORIZATION_ALREADY_CANCELED", "Authorization_Already_Cancelled"])(
    "in the code of a rejection, %s, is ALREADY_CANCELLED",
    async (code) => {
      await subgraph.delbank.reset();
      const body = JSON.stringify({ title: "Unprocessable Entity", code, errors: [] });
      await subgraph.delbank.addFault({ match: { method: "POST" }, kind: "wrongShape", status: 422, body });
      expect(await cancel()).toMatchObject({ userErrors: [{ code: "ALREADY_CANCELLED" }] });
      const sent = (await subgraph.delbank.requests()).filter(({ method }) => method === "POST");
      expect(sent).toHaveLength(1); // the rejection came from Delbank
    },
  );

  async function cancel() {
    const mutation = findMutation("cancelPixAuthorization");
    const input = { ...mutation.input, idempotencyKey: `spelling-${(keys += 1)}` };
    return (await sendMutation(subgraph, mutation, { input })).data.cancelPixAuthorization as object;
  }
});

describe("the scalar TaxId", () => {
  const messageFor = (value: unknown): string | null => {
    try {
      TaxId.parseValue(value);
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  };

  test.each([PAYER_TAX_ID, "00000000191", "12345678000195", "00000000000191", "12ABC34501DE35"])(
    "accepts %s",
    (value) => {
      expect(messageFor(value)).toBeNull();
    },
  );

  test.each([
    ["a CPF of ten digits", "4623217035", "11 digits"],
    ["a CNPJ of thirteen digits", "1234567000195", "12 digits or capital letters and 2 digits"],
    ["lower-case letters", "12abc34501de35", "capital letters"],
    ["letters in the place of check digits", "12ABC34501DE3X", "and 2 digits"],
    ["punctuation", "046.232.170-35", "without punctuation"],
    ["a wrong check digit", "04623217036", "valid check digits"],
    ["one digit repeated, whose check digits are right", "11111111111", "one digit repeated"],
    ["the digits 1 to 9, whose check digits are right", "12345678909", "the digits 1 to 9 in order"],
  ])("rejects %s (%s) with a message that says %j and does not contain it", (_what, value, why) => {
    expect(messageFor(value)).toContain(why);
    expect(messageFor(value)).not.toContain(value);
  });
});
