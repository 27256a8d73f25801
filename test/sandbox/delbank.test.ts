import { CANCELLATION_TIME } from "../kit/seeds/dates";
import { CANCELLATION_ID, CANCELLED_RECURRENCE_ID, OTHER_TAX_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { NEWER, OLDER, type VendorResponse, useSandboxes } from "./vendor-clients";

const { delbank } = useSandboxes();

const LEGAL = "RR3822485720260110legalpay001";
const PENDING = "RN3822485720260110pending0001";
const EXPIRED = "RR3822485720260110expired0001";
const REJECTED = "RR3822485720260110rejected001";

function expectRejected({ status, json }: VendorResponse, expected: number, code: string): void {
  expect(status).toBe(expected);
  expect(json).toMatchObject({
    title: expect.any(String) as string,
    code,
    errors: [expect.any(String) as string],
  });
}

describe("Delbank's authentication", () => {
  test.each([{ "x-delbank-api-key": "wrong" }, { "x-delfinance-account-id": "10001" }, { "x-delbank-api-key": "" }])(
    "rejects %j with 401 in the gateway's format, in both generations",
    async (headers) => {
      for (const base of [OLDER, NEWER]) {
        const { status, json } = await delbank.get(`${base}/${RECURRENCE_ID}`, headers);
        expect([status, json]).toEqual([401, { message: "Unauthorized" }]);
      }
    },
  );

  test("ignores an Authorization header", async () => {
    expect((await delbank.get(`${OLDER}/${RECURRENCE_ID}`, { authorization: "anything" })).status).toBe(200);
  });
});

describe("Delbank's older authorization", () => {
  test("has mixed-case English names and numeric documents without leading zeros", async () => {
    const { status, json } = await delbank.get(`${OLDER}/${RECURRENCE_ID}`);
    expect(status).toBe(200);
    expect(Object.keys(json as object)).toEqual([
      "RecurrenceId",
      "JdpiRequestId",
      "JdpiRequestAt",
      "Situation",
      "SituationAt",
      "journey",
      "FrequencyType",
      "RecurrenceStartDate",
      "RecurrenceEndDate",
      "Amount",
      "beneficiary",
      "payer",
      "debtor",
      "ContractNumber",
      "ContractDescription",
      "RecurrenceCreatedAt",
      "RecurrenceUpdatedAt",
      "cancellations",
    ]);
    expect(json).toMatchObject({
      RecurrenceId: RECURRENCE_ID,
      Situation: "ACTIVE",
      FrequencyType: 2,
      payer: { type: "NATURAL", document: 4623217035, MunicipalityIbgeCode: 2800308 },
      beneficiary: { ispb: "38224857", document: 12345678000195 },
      cancellations: [],
    });
    expect((await delbank.get(`${OLDER}/${LEGAL}`)).json).toMatchObject({
      payer: { type: "LEGAL", document: 1234567000195 },
    });
  });

  test("has a date without a time zone, and the year 1 for no date", async () => {
    const { json } = await delbank.get(`${OLDER}/${RECURRENCE_ID}`);
    expect(json).toMatchObject({
      SituationAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/) as string,
      RecurrenceEndDate: "0001-01-01T00:00:00",
    });
  });

  test.each([
    [RECURRENCE_ID, "ACTIVE"],
    [LEGAL, "ACTIVE"],
    [CANCELLED_RECURRENCE_ID, "CANCELLED"],
    [PENDING, "PENDING"],
    [EXPIRED, "EXPIRED"],
    [REJECTED, "REJECTED"],
  ])("%s has the status %s in both generations", async (recurrenceId, situation) => {
    expect((await delbank.get(`${OLDER}/${recurrenceId}`)).json).toMatchObject({ Situation: situation });
    expect((await delbank.get(`${NEWER}/${recurrenceId}`)).json).toMatchObject({ status: situation });
  });

  test.each(["RR0000000020240605njua7shf40o", RECURRENCE_ID.toLowerCase(), "", "__proto__"])(
    "with the unknown ID '%s' gets 404 AUTHORIZATION_NOT_FOUND",
    async (recurrenceId) => {
      expectRejected(await delbank.get(`${OLDER}/${recurrenceId}`), 404, "AUTHORIZATION_NOT_FOUND");
    },
  );
});

describe("Delbank's newer authorization", () => {
  test("has camelCase names, documents as strings and a named frequency", async () => {
    const { json } = await delbank.get(`${NEWER}/${RECURRENCE_ID}`);
    expect(json).toMatchObject({
      recurrenceId: RECURRENCE_ID,
      status: "ACTIVE",
      authorizationResult: "ACCEPTED",
      frequencyType: "MONTHLY",
      payer: { type: "NATURAL", document: PAYER_TAX_ID },
      beneficiary: { document: "12345678000195" },
      cancellations: [],
    });
    expect(json).not.toHaveProperty("RecurrenceId");
  });

  test("is found by its internal GUID, which the older generation rejects with 404", async () => {
    const { id } = (await delbank.get(`${NEWER}/${LEGAL}`)).json as { id: string };
    expect((await delbank.get(`${NEWER}/${id}`)).json).toMatchObject({ recurrenceId: LEGAL });
    expect((await delbank.get(`${OLDER}/${id}`)).status).toBe(404);
  });
});

describe("Delbank's read of a cancellation", () => {
  test("returns the documented names and types, a numeric document and a zero-based ordinal", async () => {
    const { status, json } = await delbank.get(`${OLDER}/${CANCELLED_RECURRENCE_ID}/cancellations/${CANCELLATION_ID}`);
    const documented = {
      RecurrenceId: CANCELLED_RECURRENCE_ID,
      CancellationId: CANCELLATION_ID,
      RequesterPersonType: "NATURAL",
      RequesterDocument: 77379362038,
      CancellationReason: 6,
      CancellationAt: CANCELLATION_TIME,
      CancellationStatus: "0",
    };
    expect(status).toBe(200);
    expect(json).toEqual(documented);
    expect((await delbank.get(`${OLDER}/${CANCELLED_RECURRENCE_ID}`)).json).toMatchObject({
      cancellations: [documented],
    });
  });

  test("returns the document as a string and the status as a number in the newer generation", async () => {
    const { json } = await delbank.get(`${NEWER}/${CANCELLED_RECURRENCE_ID}/cancellations/${CANCELLATION_ID}`);
    expect(json).toMatchObject({
      CancellationId: CANCELLATION_ID,
      RequesterDocument: OTHER_TAX_ID,
      CancellationStatus: 0,
    });
    expect((await delbank.get(`${NEWER}/${CANCELLED_RECURRENCE_ID}`)).json).toMatchObject({ cancellations: [json] });
  });

  test("finds it only under its own authorization and in its own case", async () => {
    for (const path of [
      `${RECURRENCE_ID}/cancellations/${CANCELLATION_ID}`,
      `${CANCELLED_RECURRENCE_ID}/cancellations/${CANCELLATION_ID.toUpperCase()}`,
    ]) {
      expectRejected(await delbank.get(`${OLDER}/${path}`), 404, "CANCELLATION_NOT_FOUND");
    }
  });
});

describe("Delbank's cancellation", () => {
  test("responds in Portuguese with a new ID, and a GET returns it in English without leading zeros", async () => {
    const { status, json } = await delbank.cancel(RECURRENCE_ID);
    const { now } = await delbank.control.state();
    const today = now.slice(0, 10).replaceAll("-", "");
    expect(status).toBe(200);
    expect(json).toEqual({
      idRecorrencia: RECURRENCE_ID,
      idCancelamento: expect.stringMatching(new RegExp(`^IC04358798${today}[A-Za-z0-9]{11}$`)) as string,
      dtHrCancelamento: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/) as string,
    });
    const { idCancelamento } = json as { idCancelamento: string };
    expect((await delbank.get(`${OLDER}/${RECURRENCE_ID}/cancellations/${idCancelamento}`)).json).toMatchObject({
      RequesterPersonType: "NATURAL",
      RequesterDocument: 4623217035,
      CancellationReason: 7,
      CancellationStatus: "0",
    });
    expect((await delbank.get(`${OLDER}/${RECURRENCE_ID}`)).json).toMatchObject({
      Situation: "CANCELLED",
      cancellations: [{ CancellationId: idCancelamento }],
    });
    expect(await delbank.control.commits()).toEqual([
      { operation: "cancel", subject: RECURRENCE_ID, at: expect.any(String) as string },
    ]);
  });

  test("is executed twice if it is sent twice concurrently", async () => {
    const responses = await Promise.all([delbank.cancel(RECURRENCE_ID), delbank.cancel(RECURRENCE_ID)]);
    expect(responses.map(({ status }) => status)).toEqual([200, 200]);
    expect(await delbank.control.commits()).toHaveLength(2);
    const { json } = await delbank.get(`${OLDER}/${RECURRENCE_ID}`);
    expect((json as { cancellations: unknown[] }).cancellations).toHaveLength(2);
  });

  test("of a cancelled authorization is rejected with 422 AUTHORIZATION_ALREADY_CANCELLED", async () => {
    await delbank.cancel(RECURRENCE_ID);
    expectRejected(await delbank.cancel(RECURRENCE_ID), 422, "AUTHORIZATION_ALREADY_CANCELLED");
    expect(await delbank.control.commits()).toHaveLength(1);
  });

  test.each([
    ["ACCOUNT_CLOSED", RECURRENCE_ID, 0],
    ["COMPANY_CLOSED", RECURRENCE_ID, 1],
    ["PAYER_DECEASED", RECURRENCE_ID, 2],
    ["REQUEST_ERROR_BY_RECEIVER", PENDING, 3],
    ["FRAUD_SUSPECTED", RECURRENCE_ID, 4],
    ["DUPLICATE_CONFIRMATION", PENDING, 5],
    ["REQUESTED_BY_PAYEE", RECURRENCE_ID, 6],
    ["REQUESTED_BY_PAYER", RECURRENCE_ID, 7],
    ["NO_RESPONSE_TO_PAIN009", PENDING, 8],
  ])("for %s is accepted only for %s, with the ordinal %i", async (reason, recurrenceId, ordinal) => {
    for (const other of [RECURRENCE_ID, PENDING, EXPIRED, REJECTED].filter((id) => id !== recurrenceId)) {
      expectRejected(await delbank.cancel(other, { cancellationReason: reason }), 422, "AUTHORIZATION_NOT_CANCELLABLE");
    }
    expect((await delbank.cancel(recurrenceId, { cancellationReason: reason })).status).toBe(200);
    expect((await delbank.get(`${OLDER}/${recurrenceId}`)).json).toMatchObject({
      cancellations: [{ CancellationReason: ordinal }],
    });
  });

  test.each(["SJUD", "requested_by_payer", 7, undefined])(
    "for the reason %j is rejected with 422 INVALID_REASON",
    async (reason) => {
      expectRejected(await delbank.cancel(RECURRENCE_ID, { cancellationReason: reason }), 422, "INVALID_REASON");
    },
  );

  test.each([
    ["a valid CPF of another person", "NATURAL", OTHER_TAX_ID],
    ["the payer's CPF as a company", "LEGAL", PAYER_TAX_ID],
    ["the beneficiary's CNPJ as a person", "NATURAL", "12345678000195"],
    ["the payer's CPF without its zero", "NATURAL", "4623217035"],
    ["the payer's CPF with a mask", "NATURAL", "046.232.170-35"],
    ["wrong check digits", "NATURAL", "04623217036"],
  ])(
    "with %s is rejected with 422 DOCUMENT_MISMATCH and the document in the message",
    async (_what, type, document) => {
      const body = { payerAccountType: type, cancellationReqDocument: document };
      const response = await delbank.cancel(RECURRENCE_ID, body);
      expectRejected(response, 422, "DOCUMENT_MISMATCH");
      expect(response.text).toContain(document);
      expect(await delbank.control.commits()).toEqual([]);
    },
  );

  test("is accepted from the payer and the beneficiary, persons and companies", async () => {
    const company = { payerAccountType: "LEGAL", cancellationReqDocument: "12345678000195" };
    const payer = { payerAccountType: "LEGAL", cancellationReqDocument: "01234567000195" };
    expect((await delbank.cancel(RECURRENCE_ID, company)).status).toBe(200);
    expect((await delbank.cancel(LEGAL, payer)).status).toBe(200);
  });

  test.each([{ payerAccountType: "PERSON" }, { payerAccountType: undefined }, { cancellationReqDocument: 4623217035 }])(
    "with %j is rejected with 400 INVALID_REQUEST",
    async (body) => {
      expectRejected(await delbank.cancel(RECURRENCE_ID, body), 400, "INVALID_REQUEST");
    },
  );

  test("of an unknown authorization is rejected with 404 AUTHORIZATION_NOT_FOUND", async () => {
    expectRejected(await delbank.cancel("RR0000000020240605njua7shf40o"), 404, "AUTHORIZATION_NOT_FOUND");
  });

  test("at the newer path requires only the reason and shares the state with the older one", async () => {
    const { status, json } = await delbank.post(`${NEWER}/${RECURRENCE_ID}/cancellations`, {
      cancellationReason: "REQUESTED_BY_PAYEE",
    });
    expect(status).toBe(200);
    expect(Object.keys(json as object)).toEqual(["idRecorrencia", "idCancelamento", "dtHrCancelamento"]);
    expect((await delbank.get(`${OLDER}/${RECURRENCE_ID}`)).json).toMatchObject({
      Situation: "CANCELLED",
      cancellations: [{ RequesterPersonType: "LEGAL", RequesterDocument: 12345678000195 }],
    });
    expectRejected(await delbank.cancel(RECURRENCE_ID), 422, "AUTHORIZATION_ALREADY_CANCELLED");
  });

  test("that is in flight during a reset does not change the new state", async () => {
    const pending = delbank.cancel(RECURRENCE_ID);
    while ((await delbank.control.requests()).length === 0);
    await delbank.control.reset();
    await pending;
    expect((await delbank.get(`${OLDER}/${RECURRENCE_ID}`)).json).toMatchObject({
      Situation: "ACTIVE",
      cancellations: [],
    });
    expect(await delbank.control.commits()).toEqual([]);
  });
});

describe("Delbank's routes", () => {
  test.each([
    `/automatic-pix/authorizations/${RECURRENCE_ID}`,
    "/baas/api/v1/automatic-pix/authorizations",
    `${OLDER}/${RECURRENCE_ID}/payments`,
    `${OLDER}/${CANCELLED_RECURRENCE_ID}/cancellations/${CANCELLATION_ID}/more`,
    "/baas/api/v1x/automatic-pix/authorizations/x",
  ])("reject the unknown path %s with 404 in the gateway's format", async (path) => {
    const { status, json } = await delbank.get(path);
    expect(status).toBe(404);
    expect(json).toEqual({ message: expect.any(String) as string });
  });

  test("reject another method with 405", async () => {
    expect((await delbank.get(`${OLDER}/${RECURRENCE_ID}/cancellations`)).status).toBe(405);
    expect((await delbank.post(`${OLDER}/${RECURRENCE_ID}`, {})).status).toBe(405);
  });
});
