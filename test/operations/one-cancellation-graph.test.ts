import { sendMutation, findMutation } from "../kit/seeds/mutations";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { MEMBER_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { startHttpServer } from "../kit/http/http-server";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

type Claims = Readonly<Record<string, string>>;

const HOUR = 3_600_000;
const PAYER: Claims = { sub: MEMBER_ID, tax_id: PAYER_TAX_ID, scope: "pix:cancel" };
const STAFF: Claims = { sub: "staff-1", scope: "pix:cancel:any" };
const READING_STAFF: Claims = { sub: "staff-2", scope: "pix:cancel:any users:read:any" };
const STRANGER: Claims = { sub: "u-1003", tax_id: "01234567000195", scope: "pix:cancel users:read:any pix:read:any" };
const UNKNOWN_RECURRENCE = "RR0435879820240605nobodyknows";
const INTENT = {
  recurrenceId: RECURRENCE_ID,
  requesterType: "NATURAL",
  requesterDocument: PAYER_TAX_ID,
  reason: "REQUESTED_BY_PAYER",
};

// The reconciler does not run within a test.
const ENVIRONMENT = { RECONCILE_INTERVAL_MS: "600000" };
let subgraph: TestSubgraph;
beforeEach(async () => (subgraph = await startSubgraph(ENVIRONMENT)));
afterEach(() => subgraph.stop());

const requests = async (method: string) => (await subgraph.delbank.requests()).filter((one) => one.method === method);
const lag = async () => {
  const body = JSON.stringify({ lagMs: HOUR });
  expect((await fetch(`${subgraph.delbank.url}/__sandbox/reads`, { method: "POST", body })).status).toBe(200);
};

async function cancel(idempotencyKey: string, claims: Claims = PAYER, recurrenceId = RECURRENCE_ID) {
  const mutation = findMutation("cancelPixAuthorization");
  const input = { ...INTENT, recurrenceId, idempotencyKey };
  const { data, errors } = await sendMutation(subgraph, mutation, { input, claims });
  expect(errors).toBeUndefined();
  return data.cancelPixAuthorization;
}
const loseResponse = () => subgraph.delbank.addFault({ match: { method: "POST" }, kind: "resetBeforeCommit" });

/** A proxy of Delbank that holds every cancellation request until `open`. */
async function startGate() {
  const [arrived, opened] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  let target = "";
  const server = await startHttpServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      if (request.method === "POST") {
        arrived.resolve(undefined);
        await opened.promise;
      }
      const ownHeaders = ["host", "connection", "content-length"];
      const headers = Object.entries(request.headers).filter(([name]) => !ownHeaders.includes(name));
      const forwarded = await fetch(`${target}${request.url ?? ""}`, {
        method: request.method ?? "GET",
        headers: Object.fromEntries(headers) as Record<string, string>,
        ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
      });
      response.writeHead(forwarded.status, { "content-type": "application/json" }).end(await forwarded.text());
    })();
  });
  gates.push(server);
  return {
    url: server.url,
    arrived: arrived.promise,
    open: () => {
      opened.resolve(undefined);
    },
    setTarget: (url: string) => void (target = url),
  };
}
const gates: { close(): Promise<void> }[] = [];
afterEach(() => Promise.all(gates.splice(0).map((gate) => gate.close())));

test.each([
  ["the payer", PAYER],
  ["staff", STAFF],
])(
  "five aliases with five keys in one document of %s send one request to Delbank while its reads lag",
  async (_who, claims) => {
    await lag();
    const names = ["a", "b", "c", "d", "e"];
    const fields = names.map(
      (
        name,
      ) => `${name}: cancelPixAuthorization(input: { idempotencyKey: "alias-${name}", recurrenceId: "${RECURRENCE_ID}",
      requesterType: NATURAL, requesterDocument: "${PAYER_TAX_ID}", reason: REQUESTED_BY_PAYER }) {
        operation { status attempts } userErrors { code } pixCancellation { id } }`,
    );
    const { data, errors } = await subgraph.graphql(`mutation { ${fields.join("\n")} }`, { claims });
    expect(errors).toBeUndefined();
    const [first, ...others] = names.map((name) => data[name]);
    expect(first).toMatchObject({ operation: { status: "SUCCEEDED", attempts: 1 }, userErrors: [] });
    for (const other of others) {
      expect(other).toEqual({
        operation: { status: "FAILED", attempts: 0 },
        userErrors: [{ code: "ALREADY_CANCELLED" }],
        pixCancellation: null,
      });
    }
    expect(await requests("POST")).toHaveLength(1);
    expect((await subgraph.delbank.state()).commits).toHaveLength(1);
  },
);

test("ten keys at once by payer and staff send one request to Delbank while its reads lag", async () => {
  await lag();
  const responses = await Promise.all(
    Array.from({ length: 10 }, (_, index) => cancel(`at-once-${index}`, index % 2 ? PAYER : STAFF)),
  );
  const outcomes = responses.map(({ operation, userErrors }) => userErrors[0]?.code ?? operation.status);
  expect(outcomes.filter((outcome) => outcome === "SUCCEEDED")).toHaveLength(1);
  expect(
    outcomes.filter((outcome) => !["SUCCEEDED", "OPERATION_IN_PROGRESS", "ALREADY_CANCELLED"].includes(outcome)),
  ).toEqual([]);
  expect(await requests("POST")).toHaveLength(1);
});

test("a second cancellation by staff is ALREADY_CANCELLED without a request to Delbank", async () => {
  await cancel("first");
  await subgraph.delbank.clearRequests();
  expect((await cancel("second", STAFF)).userErrors).toMatchObject([{ code: "ALREADY_CANCELLED", retryable: false }]);
  expect(await subgraph.delbank.requests()).toEqual([]);
});

describe("while the first cancellation is UNCONFIRMED", () => {
  let first: { id: string };
  beforeEach(async () => {
    await loseResponse();
    ({ operation: first } = await cancel("first"));
    expect(first).toMatchObject({ status: "UNCONFIRMED" });
  });
  const IN_PROGRESS = { userErrors: [{ code: "OPERATION_IN_PROGRESS", retryable: true }], pixCancellation: null };

  test("a second key of its requester gets OPERATION_IN_PROGRESS with the first operation", async () => {
    expect(await cancel("second")).toMatchObject({ ...IN_PROGRESS, operation: first });
    expect(await requests("POST")).toHaveLength(1);
  });

  test("staff gets its operation only with users:read:any, and without its key and recurrenceId", async () => {
    expect(await cancel("second", STAFF)).toMatchObject({ ...IN_PROGRESS, operation: null });
    expect(await cancel("second", READING_STAFF)).toMatchObject({
      ...IN_PROGRESS,
      operation: { ...first, idempotencyKey: "", recurrenceId: null }, // needs pix:read:any
    });
  });

  test("a stranger gets the same response and causes the same calls as for an unknown authorization", async () => {
    const cancelAsStranger = async (recurrenceId: string) => {
      await subgraph.delbank.clearRequests();
      const response = await cancel(`stranger-${recurrenceId}`, STRANGER, recurrenceId);
      const calls = (await subgraph.delbank.requests()).map(({ method, path }) => `${method} ${path}`);
      return JSON.stringify({ response, calls })
        .replaceAll(/"[0-9a-f-]{36}"|"\d{4}-\d\d-\d\dT[^"]+"/g, '"…"')
        .replaceAll(UNKNOWN_RECURRENCE, RECURRENCE_ID);
    };
    const known = await cancelAsStranger(RECURRENCE_ID);
    expect(known).toContain("NOT_FOUND");
    expect(known).toBe(await cancelAsStranger(UNKNOWN_RECURRENCE));
  });

  test("the payer's user id with another tax id in its token gets NOT_FOUND", async () => {
    const former = { ...PAYER, tax_id: "01234567000195" };
    expect(await cancel("second", former)).toMatchObject({ userErrors: [{ code: "NOT_FOUND" }] });
  });

  test("a second key stores no operation", async () => {
    await cancel("second");
    const { data } = await subgraph.graphql("{ me { operations { edges { node { id } } } } }", {
      claims: PAYER_CLAIMS,
    });
    expect(data.me.operations.edges).toEqual([{ node: { id: first.id } }]);
  });
});

test("a second key is OPERATION_IN_PROGRESS while the first is sent, and ALREADY_CANCELLED after it succeeded", async () => {
  const gate = await startGate();
  await subgraph.stop();
  subgraph = await startSubgraph({ ...ENVIRONMENT, DELBANK_BASE_URL: `${gate.url}/baas/api/v1` });
  gate.setTarget(subgraph.delbank.url);
  const pending = cancel("first");
  await gate.arrived;
  const second = await cancel("second");
  expect(second).toMatchObject({ userErrors: [{ code: "OPERATION_IN_PROGRESS" }], operation: { status: "PENDING" } });
  gate.open();
  const first = await pending;
  expect(second.operation.id).toBe(first.operation.id);
  expect(await cancel("second")).toMatchObject({ userErrors: [{ code: "ALREADY_CANCELLED" }] });
  expect(await requests("POST")).toHaveLength(1);
});
