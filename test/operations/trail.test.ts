import { startUnconfirmedOperation } from "../kit/operations/unconfirmed";
import { waitForReconciled } from "../kit/operations/reconciled";
import { readMetric } from "../kit/http/metrics";
import { findMutation, sendMutation } from "../kit/seeds/mutations";
import { type Claims, PAYER_CLAIMS } from "../kit/tokens/claims";
import { RECURRENCE_ID } from "../kit/seeds/ids";
import { waitFor } from "../kit/wait-for";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";

interface Line {
  readonly msg: string;
  readonly level: string;
  readonly requestId?: string;
  readonly operationId?: string;
  readonly call?: string;
  readonly repeatedBy?: string;
}

const STATUS_CHANGES = "benefits_pix_operation_status_changes_total";
const BREAKER_MIN_CALLS = 4;
const TRAIL = ["operation accepted", "operation repeated", "operation discarded", "operation status changed"];

let subgraph: TestSubgraph;
beforeAll(async () => {
  subgraph = await startSubgraph({ RECONCILE_INTERVAL_MS: "100", BREAKER_MIN_CALLS: `${BREAKER_MIN_CALLS}` });
});
afterAll(() => subgraph.stop());

const lines = () => subgraph.logs.map((line) => JSON.parse(line) as Line);
const trailOf = (operationId: string) =>
  lines().filter((line) => line.operationId === operationId && TRAIL.includes(line.msg));
const callsOf = (operationId: string) => lines().filter((line) => line.operationId === operationId && line.call);

/** Whom the store alone tells that another cancellation is not decided. */
const STAFF = { ...PAYER_CLAIMS, scope: `${PAYER_CLAIMS.scope} pix:cancel:any pix:read:any` };

async function send(name: string, input: Readonly<Record<string, unknown>>, claims: Claims = PAYER_CLAIMS) {
  const mutation = findMutation(name);
  const response = await sendMutation(subgraph, mutation, {
    input: { ...mutation.input, ...input },
    claims,
  });
  expect(response.errors).toBeUndefined();
  return response.data[name] as { operation: { id: string; status: string } | null };
}

test("an operation that succeeds at once has two lines, with its request, kind, attempts and age", async () => {
  const { operation } = await send("updateUser", { idempotencyKey: "at-once" });
  const id = operation?.id ?? "";
  const fields = { level: "info", operationId: id, kind: "UPDATE_USER", ageMs: expect.any(Number) as number };
  const trail = trailOf(id);
  expect(trail).toEqual([
    expect.objectContaining({ ...fields, msg: "operation accepted", attempts: 0 }),
    expect.objectContaining({
      ...fields,
      msg: "operation status changed",
      attempts: 1,
      from: "PENDING",
      to: "SUCCEEDED",
    }),
  ]);
  const [{ requestId } = {}] = trail;
  expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(trail.map((line) => line.requestId)).toEqual([requestId, requestId]);
  const calls = callsOf(id).filter(({ call }) => call !== "avibra.token.fetch"); // only the first call of all needs a token
  expect(calls.map((line) => [line.call, line.requestId])).toEqual([["avibra.user.update", requestId]]);

  await send("updateUser", { idempotencyKey: "at-once" }); // a replay
  const [repeated, ...more] = trailOf(id).slice(2);
  expect(repeated).toMatchObject({ level: "info", msg: "operation repeated", requestId, attempts: 1 });
  expect(repeated?.repeatedBy).toMatch(/^[0-9a-f-]{36}$/);
  expect(repeated?.repeatedBy).not.toBe(requestId);
  expect(more).toEqual([]);
});

test("each change of status has a line, and the provider calls of the reconciler name the operation and its request", async () => {
  const before = await readMetric(subgraph, STATUS_CHANGES);
  const { id, confirm } = await startUnconfirmedOperation(subgraph);

  // Excluded by the first: accepted, and removed again.
  await send("cancelPixAuthorization", { idempotencyKey: "excluded" }, STAFF);
  const discarded = lines().filter(({ msg }) => msg === "operation discarded");
  expect(discarded).toHaveLength(1);
  expect(trailOf(discarded[0]?.operationId ?? "").map(({ msg }) => msg)).toEqual([
    "operation accepted",
    "operation discarded",
  ]);
  expect(discarded[0]).toMatchObject({
    level: "info",
    kind: "CANCEL_PIX_AUTHORIZATION",
    attempts: 0,
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
  });

  await confirm();
  await waitForReconciled(subgraph, id);
  expect(trailOf(id)).toMatchObject([
    { msg: "operation accepted" },
    { from: "PENDING", to: "UNCONFIRMED", attempts: 1 },
    { from: "UNCONFIRMED", to: "SUCCEEDED", attempts: 1 },
  ]);
  const background = callsOf(id)
    .filter(({ call }) => call === "delbank.authorizations.get")
    .at(-1);
  expect(background).toMatchObject({ requestId: trailOf(id)[0]?.requestId, operationId: id });
  const reconciled = lines().filter(({ msg }) => msg === "operation reconciled");
  expect(reconciled).not.toContainEqual(expect.objectContaining({ status: "UNCONFIRMED" }));
  expect(reconciled.find(({ operationId }) => operationId === id)).toMatchObject({
    status: "SUCCEEDED",
    attempts: 1,
    ageMs: expect.any(Number) as number,
  });

  const after = await readMetric(subgraph, STATUS_CHANGES);
  const counted = ["PENDING", "UNCONFIRMED", "SUCCEEDED", "FAILED", "NEEDS_ATTENTION"].map((status) => {
    const series = `kind="CANCEL_PIX_AUTHORIZATION",status="${status}"`;
    return (after[series] ?? NaN) - (before[series] ?? NaN);
  });
  expect(counted).toEqual([2, 1, 1, 0, 0]);
  expect(subgraph.logs.filter((line) => line.includes(RECURRENCE_ID))).toEqual([]);
});

test("a circuit breaker that opens is logged once and counted", async () => {
  const TRANSITIONS = "benefits_pix_circuit_breaker_transitions_total";
  const OPEN = 'group="avibra.benefits",state="open"';
  expect((await readMetric(subgraph, TRANSITIONS))[OPEN]).toBe(0);
  await subgraph.avibra.addFault({ match: { path: "/user/benefits" }, kind: "status", status: 503, times: 100 });
  const changes = () => lines().filter(({ msg }) => msg === "circuit breaker changed");
  await waitFor(async () => {
    await subgraph.graphql('{ user(id: "u-1002") { benefits { id } } }');
    return changes().length > 0 || undefined;
  });
  await subgraph.graphql('{ user(id: "u-1002") { benefits { id } } }');
  expect(changes()).toMatchObject([{ level: "warn", group: "avibra.benefits", from: "closed", to: "open" }]);
  expect((await readMetric(subgraph, TRANSITIONS))[OPEN]).toBe(1);
});
