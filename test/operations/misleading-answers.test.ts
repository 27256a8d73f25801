import { createDeadline } from "../../src/platform/kernel/deadline";
import { type Sandboxes, startSandboxes } from "../../src/sandbox";
import { createControlledStore, OPERATION_TIMEOUT_MS } from "../kit/operations/controlled-store";
import { createSandboxHandlers } from "../kit/operations/sandbox-handlers";
import { createSandboxControl, type SandboxControl } from "../kit/sandbox-control";
import { findMutation, sendMutation } from "../kit/seeds/mutations";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { PAYER_CLAIMS } from "../kit/tokens/claims";

/** The input of the handler, which knows the caller. */
const CALLER_INPUT = { payerTaxId: null };

describe("an operation whose provider's response misleads", () => {
  let sandboxes: Sandboxes;
  let controls: Readonly<Record<"avibra" | "delbank", SandboxControl>>;
  let clients: ReturnType<typeof createSandboxHandlers>;
  let store: Awaited<ReturnType<typeof createControlledStore>>;
  beforeAll(async () => {
    sandboxes = await startSandboxes();
    const { avibra, delbank } = sandboxes;
    controls = { avibra: createSandboxControl(avibra.url), delbank: createSandboxControl(delbank.url) };
    // Only the reconciler repeats keyed operations, so that each fault applies to one execution.
    clients = createSandboxHandlers(sandboxes, { retryPercent: 0 });
  });
  afterAll(async () => {
    await clients.close();
    await sandboxes.close();
  });
  beforeEach(async () => {
    await Promise.all([controls.avibra.reset(), controls.delbank.reset()]);
    store = await createControlledStore(clients.handlers);
  });
  afterEach(() => store.database.close());

  /** Runs a mutation once; its status then, and what the reconciler makes of it in the next minute. */
  async function runAndReconcile(name: string, beforeReconciling: () => Promise<void> = () => Promise.resolve()) {
    const { kind, input } = findMutation(name);
    const run = await store.runner.run({
      kind,
      principal: "principal-1",
      idempotencyKey: "key-1",
      input: kind === "CANCEL_PIX_AUTHORIZATION" ? { ...input, ...CALLER_INPUT } : input,
      ...("recurrenceId" in input && { recurrenceId: String(input["recurrenceId"]) }),
      deadline: createDeadline(store.monotonic, OPERATION_TIMEOUT_MS),
    });
    await beforeReconciling();
    await store.advanceAndPoll(60_000, 5000);
    const settled = await store.store.findByKey("principal-1", "key-1");
    return { first: "operation" in run ? run.operation.status : run.outcome, settled: settled?.status };
  }
  const posts = async () => (await controls.delbank.requests()).filter(({ method }) => method === "POST");

  describe.each([404, 400, 409])("a %i after a lost response", (status) => {
    test.each(["changeOffer", "cancelUser", "updateUser"])("is no evidence that %s failed", async (name) => {
      const { method, path } = findMutation(name);
      await controls.avibra.addFault({ match: { method, path }, kind: "resetAfterCommit" });
      await controls.avibra.addFault({ match: { method, path }, kind: "status", status });
      expect(await runAndReconcile(name)).toEqual({ first: "UNCONFIRMED", settled: "SUCCEEDED" });
      expect((await controls.avibra.state()).commits).toHaveLength(1);
    });
  });

  test.each([
    ["an HTML page with 404", { kind: "htmlBody", status: 404 }],
    ["an empty 409", { kind: "emptyBody", status: 409 }],
    ["a truncated 400", { kind: "truncatedBody", status: 400 }],
  ])(
    "%s is not Delbank's rejection of a cancellation: a read confirms it, and it is not sent again",
    async (_response, fault) => {
      await controls.delbank.addFault({ match: { method: "POST" }, ...fault });
      expect(await runAndReconcile("cancelPixAuthorization")).toEqual({ first: "UNCONFIRMED", settled: "SUCCEEDED" });
      expect(await posts()).toHaveLength(1);
    },
  );

  test("an authorization that reads CANCELLED without a list settles a lost cancellation as SUCCEEDED", async () => {
    await controls.delbank.addFault({ match: { method: "POST" }, kind: "resetAfterCommit" });
    const { recurrenceId } = findMutation("cancelPixAuthorization").input;
    const outcome = await runAndReconcile("cancelPixAuthorization", () =>
      controls.delbank.addFault({
        match: { method: "GET" },
        kind: "wrongShape",
        status: 200,
        body: JSON.stringify({ RecurrenceId: recurrenceId, Situation: "CANCELLED" }),
        times: 1000,
      }),
    );
    expect(outcome).toEqual({ first: "UNCONFIRMED", settled: "SUCCEEDED" });
  });

  test("an errorInfo in a 200 is not a success", async () => {
    const { method, path } = findMutation("updateUser");
    const body = JSON.stringify({ errorcode: "400", errormessage: "no" });
    await controls.avibra.addFault({ match: { method, path }, kind: "status", status: 200, body });
    expect(await runAndReconcile("updateUser")).toMatchObject({ first: "UNCONFIRMED" });
  });
});

describe("a mutation over GraphQL", () => {
  let subgraph: TestSubgraph;
  beforeAll(async () => {
    subgraph = await startSubgraph();
  });
  afterAll(() => subgraph.stop());

  test("selects the user's state after its own change, not after the next one", async () => {
    const change = (key: string, offerId: string, direction: string) =>
      `changeOffer(input: { idempotencyKey: "${key}", userId: "u-1002", offerId: "${offerId}", direction: ${direction} }) { user { currentOffer { offer { id } } } }`;
    const { data } = await subgraph.graphql(
      `mutation { a: ${change("fresh-1", "premium", "UPGRADE")} b: ${change("fresh-2", "basic", "DOWNGRADE")} }`,
      { claims: { sub: "u-1002" } },
    );
    expect(data.a.user.currentOffer.offer.id).toBe("premium");
    expect(data.b.user.currentOffer.offer.id).toBe("basic");
  });

  test("that names the beneficiary as requester, by the payer, gets DOCUMENT_MISMATCH and sends nothing", async () => {
    const cancellation = findMutation("cancelPixAuthorization");
    const beneficiary = { requesterType: "LEGAL", requesterDocument: "12345678000195" };
    const { data } = await sendMutation(subgraph, cancellation, {
      input: { ...cancellation.input, ...beneficiary, idempotencyKey: "as-beneficiary" },
      claims: PAYER_CLAIMS,
    });
    expect(data.cancelPixAuthorization.userErrors).toMatchObject([{ code: "DOCUMENT_MISMATCH" }]);
    expect((await subgraph.delbank.requests()).filter(({ method }) => method === "POST")).toEqual([]);
  });
});
