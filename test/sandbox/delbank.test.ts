import { NEWER, OLDER, type VendorResponse, useSandboxes } from "./vendor-clients";

const { delbank } = useSandboxes();

const ACTIVE = "RR0435879820240605njua7shf40o";
const LEGAL = "RR3822485720260110legalpay001";
const CANCELLED = "RR3822485720260110cancelled01";
const PENDING = "RN3822485720260110pending0001";
const EXPIRED = "RR3822485720260110expired0001";
const REJECTED = "RR3822485720260110rejected001";
const SAMPLE = "IC0435879820240605bcdb1fhn43a";

function expectFailure({ status, json }: VendorResponse, expected: number, code: string): void {
  expect(status).toBe(expected);
  expect(json).toMatchObject({
    title: expect.any(String) as string,
    code,
    errors: [expect.any(String) as string],
  });
}

describe("authentication", () => {
  test.each([{ "x-delbank-api-key": "wrong" }, { "x-delfinance-account-id": "10001" }, { "x-delbank-api-key": "" }])(
    "%j is 401 in the gateway's shape, in both generations",
    async (headers) => {
      for (const base of [OLDER, NEWER]) {
        const { status, json } = await delbank.get(`${base}/${ACTIVE}`, headers);
        expect([status, json]).toEqual([401, { message: "Unauthorized" }]);
      }
    },
  );

  test("an Authorization header beside the two is ignored", async () => {
    expect((await delbank.get(`${OLDER}/${ACTIVE}`, { authorization: "anything" })).status).toBe(200);
  });
});

describe("the older generation's authorization", () => {
  test("has mixed-case English names and documents that lost their zeros", async () => {
    const { status, json } = await delbank.get(`${OLDER}/${ACTIVE}`);
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
      RecurrenceId: ACTIVE,
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

  test("has a date without a zone, and the year 1 for no date", async () => {
    const { json } = await delbank.get(`${OLDER}/${ACTIVE}`);
    expect(json).toMatchObject({
      SituationAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/) as string,
      RecurrenceEndDate: "0001-01-01T00:00:00",
    });
  });

  test.each([
    [ACTIVE, "ACTIVE"],
    [LEGAL, "ACTIVE"],
    [CANCELLED, "CANCELLED"],
    [PENDING, "PENDING"],
    [EXPIRED, "EXPIRED"],
    [REJECTED, "REJECTED"],
  ])("%s is %s in both generations", async (recurrenceId, situation) => {
    expect((await delbank.get(`${OLDER}/${recurrenceId}`)).json).toMatchObject({ Situation: situation });
    expect((await delbank.get(`${NEWER}/${recurrenceId}`)).json).toMatchObject({ status: situation });
  });

  test.each(["RR0000000020240605njua7shf40o", ACTIVE.toLowerCase(), "", "__proto__"])(
    "'%s' is 404 AUTHORIZATION_NOT_FOUND",
    async (recurrenceId) => {
      expectFailure(await delbank.get(`${OLDER}/${recurrenceId}`), 404, "AUTHORIZATION_NOT_FOUND");
    },
  );
});

describe("the newer generation's authorization", () => {
  test("has camelCase names, documents as text and a named frequency", async () => {
    const { json } = await delbank.get(`${NEWER}/${ACTIVE}`);
    expect(json).toMatchObject({
      recurrenceId: ACTIVE,
      status: "ACTIVE",
      authorizationResult: "ACCEPTED",
      frequencyType: "MONTHLY",
      payer: { type: "NATURAL", document: "04623217035" },
      beneficiary: { document: "12345678000195" },
      cancellations: [],
    });
    expect(json).not.toHaveProperty("RecurrenceId");
  });

  test("is found by its internal guid too, which the older generation does not know", async () => {
    const { id } = (await delbank.get(`${NEWER}/${LEGAL}`)).json as { id: string };
    expect((await delbank.get(`${NEWER}/${id}`)).json).toMatchObject({ recurrenceId: LEGAL });
    expect((await delbank.get(`${OLDER}/${id}`)).status).toBe(404);
  });
});

describe("a fetched cancellation", () => {
  test("has exactly the documented names and types, a numeric document and a zero-based ordinal", async () => {
    const { status, json } = await delbank.get(`${OLDER}/${CANCELLED}/cancellations/${SAMPLE}`);
    const documented = {
      RecurrenceId: CANCELLED,
      CancellationId: SAMPLE,
      RequesterPersonType: "NATURAL",
      RequesterDocument: 77379362038,
      CancellationReason: 6,
      CancellationAt: "2024-09-17T10:10:06.101Z",
      CancellationStatus: "0",
    };
    expect(status).toBe(200);
    expect(json).toEqual(documented);
    expect((await delbank.get(`${OLDER}/${CANCELLED}`)).json).toMatchObject({ cancellations: [documented] });
  });

  test("of the newer generation has its document as text and its status as a number", async () => {
    const { json } = await delbank.get(`${NEWER}/${CANCELLED}/cancellations/${SAMPLE}`);
    expect(json).toMatchObject({ CancellationId: SAMPLE, RequesterDocument: "77379362038", CancellationStatus: 0 });
    expect((await delbank.get(`${NEWER}/${CANCELLED}`)).json).toMatchObject({ cancellations: [json] });
  });

  test("is looked for under its own authorization, case-sensitively", async () => {
    for (const path of [`${ACTIVE}/cancellations/${SAMPLE}`, `${CANCELLED}/cancellations/${SAMPLE.toUpperCase()}`]) {
      expectFailure(await delbank.get(`${OLDER}/${path}`), 404, "CANCELLATION_NOT_FOUND");
    }
  });
});

describe("cancelling", () => {
  test("answers in Portuguese with a new id, and the GET tells the same in English with the zeros lost", async () => {
    const { status, json } = await delbank.cancel(ACTIVE);
    const { now } = await delbank.control.state();
    const today = now.slice(0, 10).replaceAll("-", "");
    expect(status).toBe(200);
    expect(json).toEqual({
      idRecorrencia: ACTIVE,
      idCancelamento: expect.stringMatching(new RegExp(`^IC04358798${today}[A-Za-z0-9]{11}$`)) as string,
      dtHrCancelamento: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/) as string,
    });
    const { idCancelamento } = json as { idCancelamento: string };
    expect((await delbank.get(`${OLDER}/${ACTIVE}/cancellations/${idCancelamento}`)).json).toMatchObject({
      RequesterPersonType: "NATURAL",
      RequesterDocument: 4623217035,
      CancellationReason: 7,
      CancellationStatus: "0",
    });
    expect((await delbank.get(`${OLDER}/${ACTIVE}`)).json).toMatchObject({
      Situation: "CANCELLED",
      cancellations: [{ CancellationId: idCancelamento }],
    });
    expect(await delbank.control.commits()).toEqual([
      { operation: "cancel", subject: ACTIVE, at: expect.any(String) as string },
    ]);
  });

  test("twice at the same time cancels twice: a double send is visible", async () => {
    const replies = await Promise.all([delbank.cancel(ACTIVE), delbank.cancel(ACTIVE)]);
    expect(replies.map(({ status }) => status)).toEqual([200, 200]);
    expect(await delbank.control.commits()).toHaveLength(2);
    const { json } = await delbank.get(`${OLDER}/${ACTIVE}`);
    expect((json as { cancellations: unknown[] }).cancellations).toHaveLength(2);
  });

  test("once more afterwards is 422 AUTHORIZATION_ALREADY_CANCELLED", async () => {
    await delbank.cancel(ACTIVE);
    expectFailure(await delbank.cancel(ACTIVE), 422, "AUTHORIZATION_ALREADY_CANCELLED");
    expect(await delbank.control.commits()).toHaveLength(1);
  });

  test.each([
    ["ACCOUNT_CLOSED", ACTIVE, 0],
    ["COMPANY_CLOSED", ACTIVE, 1],
    ["PAYER_DECEASED", ACTIVE, 2],
    ["REQUEST_ERROR_BY_RECEIVER", PENDING, 3],
    ["FRAUD_SUSPECTED", ACTIVE, 4],
    ["DUPLICATE_CONFIRMATION", PENDING, 5],
    ["REQUESTED_BY_PAYEE", ACTIVE, 6],
    ["REQUESTED_BY_PAYER", ACTIVE, 7],
    ["NO_RESPONSE_TO_PAIN009", PENDING, 8],
  ])("%s ends %s as ordinal %i, and nothing else", async (reason, recurrenceId, ordinal) => {
    for (const other of [ACTIVE, PENDING, EXPIRED, REJECTED].filter((id) => id !== recurrenceId)) {
      expectFailure(await delbank.cancel(other, { cancellationReason: reason }), 422, "AUTHORIZATION_NOT_CANCELLABLE");
    }
    expect((await delbank.cancel(recurrenceId, { cancellationReason: reason })).status).toBe(200);
    expect((await delbank.get(`${OLDER}/${recurrenceId}`)).json).toMatchObject({
      cancellations: [{ CancellationReason: ordinal }],
    });
  });

  test.each(["SJUD", "requested_by_payer", 7, undefined])("for the reason %j is 422 INVALID_REASON", async (reason) => {
    expectFailure(await delbank.cancel(ACTIVE, { cancellationReason: reason }), 422, "INVALID_REASON");
  });

  test.each([
    ["a valid CPF of somebody else", "NATURAL", "77379362038"],
    ["the payer's CPF as a company", "LEGAL", "04623217035"],
    ["the beneficiary's CNPJ as a person", "NATURAL", "12345678000195"],
    ["the payer's CPF without its zero", "NATURAL", "4623217035"],
    ["the payer's CPF with a mask", "NATURAL", "046.232.170-35"],
    ["wrong check digits", "NATURAL", "04623217036"],
  ])("with %s is 422 DOCUMENT_MISMATCH, told with the document in its text", async (_what, type, document) => {
    const body = { payerAccountType: type, cancellationReqDocument: document };
    const reply = await delbank.cancel(ACTIVE, body);
    expectFailure(reply, 422, "DOCUMENT_MISMATCH");
    expect(reply.text).toContain(document);
    expect(await delbank.control.commits()).toEqual([]);
  });

  test("is allowed to the payer and to the beneficiary, persons and companies", async () => {
    const company = { payerAccountType: "LEGAL", cancellationReqDocument: "12345678000195" };
    const payer = { payerAccountType: "LEGAL", cancellationReqDocument: "01234567000195" };
    expect((await delbank.cancel(ACTIVE, company)).status).toBe(200);
    expect((await delbank.cancel(LEGAL, payer)).status).toBe(200);
  });

  test.each([{ payerAccountType: "PERSON" }, { payerAccountType: undefined }, { cancellationReqDocument: 4623217035 }])(
    "with %j is 400 INVALID_REQUEST",
    async (body) => {
      expectFailure(await delbank.cancel(ACTIVE, body), 400, "INVALID_REQUEST");
    },
  );

  test("an unknown authorization is 404 AUTHORIZATION_NOT_FOUND", async () => {
    expectFailure(await delbank.cancel("RR0000000020240605njua7shf40o"), 404, "AUTHORIZATION_NOT_FOUND");
  });

  test("over the newer path takes the reason alone and shares the state with the older one", async () => {
    const { status, json } = await delbank.post(`${NEWER}/${ACTIVE}/cancellations`, {
      cancellationReason: "REQUESTED_BY_PAYEE",
    });
    expect(status).toBe(200);
    expect(Object.keys(json as object)).toEqual(["idRecorrencia", "idCancelamento", "dtHrCancelamento"]);
    expect((await delbank.get(`${OLDER}/${ACTIVE}`)).json).toMatchObject({
      Situation: "CANCELLED",
      cancellations: [{ RequesterPersonType: "LEGAL", RequesterDocument: 12345678000195 }],
    });
    expectFailure(await delbank.cancel(ACTIVE), 422, "AUTHORIZATION_ALREADY_CANCELLED");
  });

  test("that a reset overtakes does not reach the new state", async () => {
    const overtaken = delbank.cancel(ACTIVE);
    while ((await delbank.control.requests()).length === 0);
    await delbank.control.reset();
    await overtaken;
    expect((await delbank.get(`${OLDER}/${ACTIVE}`)).json).toMatchObject({ Situation: "ACTIVE", cancellations: [] });
    expect(await delbank.control.commits()).toEqual([]);
  });
});

describe("routes", () => {
  test.each([
    `/automatic-pix/authorizations/${ACTIVE}`,
    "/baas/api/v1/automatic-pix/authorizations",
    `${OLDER}/${ACTIVE}/payments`,
    `${OLDER}/${CANCELLED}/cancellations/${SAMPLE}/more`,
    "/baas/api/v1x/automatic-pix/authorizations/x",
  ])("%s is nobody's: 404 in the gateway's shape", async (path) => {
    const { status, json } = await delbank.get(path);
    expect(status).toBe(404);
    expect(json).toEqual({ message: expect.any(String) as string });
  });

  test("another method is 405", async () => {
    expect((await delbank.get(`${OLDER}/${ACTIVE}/cancellations`)).status).toBe(405);
    expect((await delbank.post(`${OLDER}/${ACTIVE}`, {})).status).toBe(405);
  });
});
