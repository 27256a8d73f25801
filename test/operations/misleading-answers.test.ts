import { sendMutation, findMutation, fetchOperation } from "../kit/seeds/mutations";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

let subgraph: TestSubgraph;
beforeAll(async () => {
  subgraph = await startSubgraph({
    RECONCILE_INTERVAL_MS: "100",
    AVIBRA_TIMEOUT_MS: "1000",
    DELBANK_TIMEOUT_MS: "1000",
  });
});
afterAll(() => subgraph.stop());
beforeEach(() => Promise.all([subgraph.avibra.reset(), subgraph.delbank.reset()]));

let keys = 0;

/** Presses the button once and waits until the operation is settled. */
async function press(name: string) {
  const mutation = findMutation(name);
  const { data, errors } = await sendMutation(subgraph, mutation, {
    input: { ...mutation.input, idempotencyKey: `misled-${(keys += 1)}` },
    claims: PAYER_CLAIMS,
  });
  expect(errors).toBeUndefined();
  const first = data[name].operation;
  const settled = await waitFor(async () => {
    const now = await fetchOperation(subgraph, first.id, PAYER_CLAIMS);
    return ["SUCCEEDED", "FAILED"].includes(now.status) ? now : undefined;
  }, 20_000);
  return { first, settled };
}

describe.each([404, 400, 409])("a %i behind an answer that was lost", (status) => {
  test.each(["changeOffer", "cancelUser", "updateUser"])("is no evidence that %s failed", async (name) => {
    const { method, path } = findMutation(name);
    await subgraph.avibra.addFault({ match: { method, path }, kind: "resetAfterCommit" });
    await subgraph.avibra.addFault({ match: { method, path }, kind: "status", status });
    const { first, settled } = await press(name);
    expect(first.status).toBe("UNCONFIRMED");
    expect(settled.status).toBe("SUCCEEDED");
    expect((await subgraph.avibra.state()).commits).toHaveLength(1);
  });
});

test.each([
  ["an HTML page with 404", { kind: "htmlBody", status: 404 }],
  ["an empty 409", { kind: "emptyBody", status: 409 }],
  ["half a 400", { kind: "truncatedBody", status: 400 }],
])("%s is not Delbank's no to a cancellation: it is read again, and sent once", async (_answer, fault) => {
  await subgraph.delbank.addFault({ match: { method: "POST" }, ...fault });
  const { first, settled } = await press("cancelPixAuthorization");
  expect(first.status).toBe("UNCONFIRMED");
  expect(settled.status).toBe("SUCCEEDED");
  expect((await subgraph.delbank.requests()).filter(({ method }) => method === "POST")).toHaveLength(1);
});

test("an authorization that reads CANCELLED without a list settles a lost cancellation", async () => {
  await subgraph.delbank.addFault({ match: { method: "POST" }, kind: "resetAfterCommit" });
  const { recurrenceId } = findMutation("cancelPixAuthorization").input;
  const pending = press("cancelPixAuthorization");
  await waitFor(async () =>
    (await subgraph.delbank.requests()).some(({ method }) => method === "POST") ? true : undefined,
  );
  await subgraph.delbank.addFault({
    match: { method: "GET" },
    kind: "wrongShape",
    status: 200,
    body: JSON.stringify({ RecurrenceId: recurrenceId, Situation: "CANCELLED" }),
    times: 1000,
  });
  const { settled } = await pending;
  expect(settled.status).toBe("SUCCEEDED");
});

test("an errorInfo behind a 200 is no success", async () => {
  const { method, path } = findMutation("updateUser");
  const body = JSON.stringify({ errorcode: "400", errormessage: "no" });
  await subgraph.avibra.addFault({ match: { method, path }, kind: "status", status: 200, body, times: 3 });
  const { first } = await press("updateUser");
  expect(first.status).toBe("UNCONFIRMED");
});

test("what a document reads behind its own mutation is fresh", async () => {
  const change = (key: string, offerId: string, direction: string) =>
    `changeOffer(input: { idempotencyKey: "${key}", userId: "u-1002", offerId: "${offerId}", direction: ${direction} }) { user { currentOffer { offer { id } } } }`;
  const { data } = await subgraph.graphql(
    `mutation { a: ${change("fresh-1", "premium", "UPGRADE")} b: ${change("fresh-2", "basic", "DOWNGRADE")} }`,
    { claims: { sub: "u-1002" } },
  );
  expect(data.a.user.currentOffer.offer.id).toBe("premium");
  expect(data.b.user.currentOffer.offer.id).toBe("basic");
});

test("a payer may not act as the beneficiary", async () => {
  const { data } = await sendMutation(subgraph, findMutation("cancelPixAuthorization"), {
    input: {
      ...findMutation("cancelPixAuthorization").input,
      idempotencyKey: "as-beneficiary",
      requesterType: "LEGAL",
      requesterDocument: "12345678000195",
    },
    claims: PAYER_CLAIMS,
  });
  expect(data.cancelPixAuthorization.userErrors).toMatchObject([{ code: "DOCUMENT_MISMATCH" }]);
  expect((await subgraph.delbank.requests()).filter(({ method }) => method === "POST")).toEqual([]);
});
