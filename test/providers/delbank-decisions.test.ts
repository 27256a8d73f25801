import { Authorization, Cancellation, CancellationReceipt } from "../../src/providers/delbank/delbank.wire";
import { parseReason } from "../../src/providers/delbank/cancellation-reason";
import { parseParty } from "../../src/providers/delbank/tax-id";
import { CANCELLATION_ID, OTHER_TAX_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";

test.each([
  ["a number without its leading zero", 4623217035, "NATURAL", PAYER_TAX_ID],
  ["text without its leading zero", "4623217035", "NATURAL", PAYER_TAX_ID],
  ["text with punctuation", "046.232.170-35", "NATURAL", PAYER_TAX_ID],
  ["a company's number without its leading zero", 1234567000195, "LEGAL", "01234567000195"],
  ["a CNPJ with letters", "12abc34501de35", "LEGAL", "12ABC34501DE35"],
  ["Delbank's sample: 14 digits with the type NATURAL", "77379362038123", "NATURAL", "77379362038123"],
  ["an object", { cpf: 1 }, "NATURAL", null],
  ["text without digits", "see attachment", "NATURAL", null],
])("a party's document that is %s (%j, %s) is %j", (_case, document, type, expected) => {
  expect(parseParty(document, type)).toMatchObject({ personType: type, document: expected });
});

test.each([
  [4623217035, "NATURAL", PAYER_TAX_ID],
  [12345678000195, "LEGAL", "12345678000195"],
  [1234567000195, "LEGAL", "01234567000195"],
  [12, null, "12"],
])("a party's document %j without a type has the type %j and is %j", (document, personType, expected) => {
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
])("the cancellation reason %j is %s with the code %j", (value, reason, reasonCode) => {
  expect(parseReason(value)).toEqual({ reason, reasonCode });
});

const SAMPLE = {
  RecurrenceId: RECURRENCE_ID,
  CancellationId: CANCELLATION_ID,
  RequesterPersonType: "NATURAL",
  RequesterDocument: 77379362038,
  CancellationReason: 6,
  CancellationAt: "2024-09-17T10:10:06.101Z",
  CancellationStatus: "0",
};

test("the documented sample of a cancellation is parsed with all its members", () => {
  expect(Cancellation.parse(SAMPLE)).toEqual({
    id: SAMPLE.CancellationId,
    recurrenceId: SAMPLE.RecurrenceId,
    requesterType: "NATURAL",
    requesterDocument: OTHER_TAX_ID,
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
])("a cancellation's time %j is %j", (CancellationAt, expected) => {
  expect(Cancellation.parse({ ...SAMPLE, CancellationAt }).cancelledAt).toBe(expected);
});

test("a receipt with Portuguese member names is parsed", () => {
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
])("an authorization's amount %j is %j", (Amount, expected) => {
  expect(Authorization.parse({ RecurrenceId: "r", Amount }).amount).toEqual(expected);
});

test("__proto__ and constructor in a response pollute neither the result nor Object.prototype", () => {
  const hostile = JSON.parse(
    '{"RecurrenceId":"r","__proto__":{"polluted":true},"payer":{"__proto__":{"polluted":true}},"constructor":1}',
  ) as unknown;
  expect(Authorization.parse(hostile)).not.toHaveProperty("polluted");
  expect({}).not.toHaveProperty("polluted");
});

test("a cancellation of another recurrence is removed from an authorization's list", () => {
  const another = { ...SAMPLE, RecurrenceId: "RR3822485720260110legalpay001" };
  const authorization = Authorization.parse({ RecurrenceId: SAMPLE.RecurrenceId, cancellations: [another, SAMPLE] });
  expect(authorization.cancellations.map(({ recurrenceId }) => recurrenceId)).toEqual([SAMPLE.RecurrenceId]);
});
