import { createDeadline } from "../../src/platform/kernel/deadline";
import { MIN_ATTEMPT_MS } from "../../src/platform/http/client/retry-delay";
import { type OperationHandler } from "../../src/platform/operations/operation-handler";
import { createControlledStore, createProviderFailure } from "../kit/operations/controlled-store";
import { findMutation } from "../kit/seeds/mutations";
import { PAYER_CLAIMS } from "../kit/tokens/claims";
import { MEMBER_ID } from "../kit/seeds/ids";
import { startSubgraph } from "../kit/start/subgraph";

const WHOLE_MS = 10_000;
const LATENCY_MS = 900;

describe("a mutation with a deadline", () => {
  let store: Awaited<ReturnType<typeof createControlledStore>>;
  /** How long each call takes. */
  let durations: { prepareMs: number; performMs: number };
  let performed: number;
  beforeEach(async () => {
    performed = 0;
    const handler: OperationHandler<unknown> = {
      provider: "timed",
      repeat: "once",
      prepare() {
        store.advance(durations.prepareMs);
        return Promise.resolve(undefined);
      },
      perform() {
        performed += 1;
        store.advance(durations.performMs);
        return Promise.resolve({ status: "SUCCEEDED" });
      },
      onRejection: () => undefined,
    };
    durations = { prepareMs: 0, performMs: LATENCY_MS };
    store = await createControlledStore({ timed: handler });
  });
  afterEach(() => store.database.close());

  const run = (idempotencyKey: string, remainingMs = WHOLE_MS) =>
    store.runner.run({
      kind: "timed",
      principal: "principal-1",
      idempotencyKey,
      input: {},
      deadline: createDeadline(store.monotonic, remainingMs),
    });
  const find = (idempotencyKey: string) => store.store.findByKey("principal-1", idempotencyKey);
  const SUCCEEDED = { outcome: "done", operation: { status: "SUCCEEDED", attempts: 1 } };

  test("is neither stored nor sent with 1 ms less than its latency estimate, and its key stays free", async () => {
    await run("measured");
    expect(await run("too-late", LATENCY_MS - 1)).toEqual({ outcome: "noTime" });
    expect([performed, await find("too-late")]).toEqual([1, undefined]);
    expect(await run("too-late")).toMatchObject(SUCCEEDED);
  });

  test("is sent with exactly the time of its latency estimate", async () => {
    await run("measured");
    expect(await run("in-time", LATENCY_MS)).toMatchObject(SUCCEEDED);
  });

  test("that succeeded before is replayed with 0 ms left", async () => {
    const first = await run("measured");
    if (first.outcome !== "done") throw new Error(`the outcome is ${first.outcome}`);
    expect(await run("measured", 0)).toMatchObject({ outcome: "replay", operation: { id: first.operation.id } });
    expect(performed).toBe(1);
  });

  test.each([
    [MIN_ATTEMPT_MS, SUCCEEDED, 1],
    [MIN_ATTEMPT_MS - 1, { outcome: "noTime" }, 0],
    [0, { outcome: "noTime" }, 0],
  ])("and no latency estimate, with %d ms left: %j", async (remainingMs, expected, calls) => {
    expect(await run("first-of-its-kind", remainingMs)).toMatchObject(expected);
    expect(performed).toBe(calls);
    expect((await find("first-of-its-kind")) !== undefined).toBe(calls === 1);
  });

  test("is neither stored nor sent if its preparing read used the time that sending needs", async () => {
    durations.prepareMs = 4300; // not a part of the latency of sending
    for (const key of ["measured", "slowly-prepared"]) expect(await run(key)).toMatchObject(SUCCEEDED);
    durations.prepareMs = WHOLE_MS - LATENCY_MS + 1;
    expect(await run("too-late")).toEqual({ outcome: "noTime" });
    expect([performed, await find("too-late")]).toEqual([2, undefined]);
    durations.prepareMs = WHOLE_MS - LATENCY_MS;
    expect(await run("too-late")).toMatchObject(SUCCEEDED);
  });
});

test("an operation whose deadline passes while it waits for a slot is PENDING and unsent, not UNCONFIRMED", async () => {
  const handler: OperationHandler<unknown> = {
    provider: "full",
    repeat: "keyed",
    perform: () => Promise.reject(createProviderFailure("timeout", { maybeReceived: false, shortCircuited: true })),
    onRejection: () => undefined,
  };
  const { database, run } = await createControlledStore({ full: handler });
  expect(await run("full")).toMatchObject({ outcome: "done", operation: { status: "PENDING", sentAt: null } });
  await database.close();
});

test("the second mutation of a document whose first used all the time is UNAVAILABLE and not stored", async () => {
  const subgraph = await startSubgraph({ REQUEST_TIMEOUT_MS: "1500", AVIBRA_TIMEOUT_MS: "120000" });
  try {
    const { path, input } = findMutation("updateUser");
    await subgraph.avibra.addFault({ match: { path }, kind: "hangBeforeCommit", times: 100 });
    const { errors = [] } = await subgraph.graphql(
      `mutation($one: UpdateUserInput!, $two: UpdateUserInput!) {
        one: updateUser(input: $one) { operation { id } }
        two: updateUser(input: $two) { operation { id } }
      }`,
      {
        variables: { one: { ...input, idempotencyKey: "one" }, two: { ...input, idempotencyKey: "two" } },
        claims: PAYER_CLAIMS,
      },
    );
    expect(errors.at(-1)).toMatchObject({ path: ["two"], extensions: { code: "UNAVAILABLE", retryable: true } });
    const query = `{ user(id: "${MEMBER_ID}") { operations { edges { node { idempotencyKey } } } } }`;
    const { data } = await subgraph.graphql(query, { claims: PAYER_CLAIMS });
    const recorded = data.user.operations.edges.map(({ node }: { node: { idempotencyKey: string } }) => node);
    // On a machine too slow to start the first one in time, the first one is rejected, too.
    expect(recorded).toEqual(errors.length === 1 ? [{ idempotencyKey: "one" }] : []);
  } finally {
    await subgraph.stop();
  }
});
