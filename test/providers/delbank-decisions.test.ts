import { Authorization, Cancellation, CancellationReceipt } from "../../src/providers/delbank/delbank.wire";
import { parseReason } from "../../src/providers/delbank/cancellation-reason";
import { parseParty } from "../../src/providers/delbank/tax-id";

test.each([
  ["a number that lost its zero", 4623217035, "NATURAL", "04623217035"],
  ["text that lost its zero", "4623217035", "NATURAL", "04623217035"],
  ["text with punctuation", "046.232.170-35", "NATURAL", "04623217035"],
  ["a company's number that lost its zero", 1234567000195, "LEGAL", "01234567000195"],
  ["a CNPJ with letters", "12abc34501de35", "LEGAL", "12ABC34501DE35"],
  ["the provider's own sample: 14 digits said to be a person's", "77379362038123", "NATURAL", "77379362038123"],
  ["no text at all", { cpf: 1 }, "NATURAL", null],
  ["text that is no document", "see attachment", "NATURAL", null],
])("a document: %s", (_case, document, type, expected) => {
  expect(parseParty(document, type)).toMatchObject({ personType: type, document: expected });
});

test.each([
  [4623217035, "NATURAL", "04623217035"],
  [12345678000195, "LEGAL", "12345678000195"],
  [1234567000195, "LEGAL", "01234567000195"],
  [12, null, "12"],
])("a document without a type (%j) is %j", (document, personType, expected) => {
  expect(parseParty(document, undefined)).toMatchObject({ personType, document: expected });
});

test.each([
  [0, "ACCOUNT_CLOSED", "ACCL"],
  [6, "REQUESTED_BY_PAYEE", "SLCR"],
  ["8", "NO_RESPONSE_TO_PAIN009", "NRES"],
  ["FRAUD_SUSPECTED", "FRAUD_SUSPECTED", "FRUD"],
  [9, "UNKNOWN", "9"],
  [-1, "UNKNOWN", "-1"],
  ["OTHS", "UNKNOWN", "OTHS"],
  [undefined, "UNKNOWN", null],
  [{ code: 1 }, "UNKNOWN", null],
])("the reason %j is %s with code %j", (value, reason, reasonCode) => {
  expect(parseReason(value)).toEqual({ reason, reasonCode });
});

const SAMPLE = {
  RecurrenceId: "RR0435879820240605njua7shf40o",
  CancellationId: "IC0435879820240605bcdb1fhn43a",
  RequesterPersonType: "NATURAL",
  RequesterDocument: 77379362038,
  CancellationReason: 6,
  CancellationAt: "2024-09-17T10:10:06.101Z",
  CancellationStatus: "0",
};

test("the documented sample of a cancellation is read whole", () => {
  expect(Cancellation.parse(SAMPLE)).toEqual({
    id: SAMPLE.CancellationId,
    recurrenceId: SAMPLE.RecurrenceId,
    requesterType: "NATURAL",
    requesterDocument: "77379362038",
    reason: "REQUESTED_BY_PAYEE",
    reasonCode: "SLCR",
    cancelledAt: "2024-09-17T10:10:06.101Z",
    providerStatus: "0",
  });
});

test.each([
  ["2024-09-17T10:10:06", "2024-09-17T10:10:06.000Z"],
  ["2024-09-17T07:10:06-03:00", "2024-09-17T10:10:06.000Z"],
  ["0001-01-01T00:00:00", null],
  ["", null],
  ["soon", null],
])("a cancellation's moment %j is %j", (CancellationAt, expected) => {
  expect(Cancellation.parse({ ...SAMPLE, CancellationAt }).cancelledAt).toBe(expected);
});

test("a receipt in Portuguese says the same three facts", () => {
  const receipt = {
    idRecorrencia: SAMPLE.RecurrenceId,
    idCancelamento: SAMPLE.CancellationId,
    dtHrCancelamento: "2024-09-17T10:10:06",
  };
  expect(CancellationReceipt.parse(receipt)).toEqual({
    recurrenceId: SAMPLE.RecurrenceId,
    cancellationId: SAMPLE.CancellationId,
    requestedAt: "2024-09-17T10:10:06.000Z",
  });
});

test.each([
  [19.9, { amount: "19.90", currency: "BRL" }],
  ["19.9", { amount: "19.90", currency: "BRL" }],
  [20, { amount: "20.00", currency: "BRL" }],
  [0.125, { amount: "0.125", currency: "BRL" }],
  [-5, null],
  ["lots", null],
  [undefined, null],
])("an amount %j is %j", (Amount, expected) => {
  expect(Authorization.parse({ RecurrenceId: "r", Amount }).amount).toEqual(expected);
});

test("hostile members of an answer stay where they are", () => {
  const hostile = JSON.parse(
    '{"RecurrenceId":"r","__proto__":{"polluted":true},"payer":{"__proto__":{"polluted":true}},"constructor":1}',
  ) as unknown;
  expect(Authorization.parse(hostile)).not.toHaveProperty("polluted");
  expect({}).not.toHaveProperty("polluted");
});

test("a cancellation of another recurrence in an authorization's list is not shown", () => {
  const another = { ...SAMPLE, RecurrenceId: "RR3822485720260110legalpay001" };
  const authorization = Authorization.parse({ RecurrenceId: SAMPLE.RecurrenceId, cancellations: [another, SAMPLE] });
  expect(authorization.cancellations.map(({ recurrenceId }) => recurrenceId)).toEqual([SAMPLE.RecurrenceId]);
});
