import { type GraphqlResponse } from "../../kit/http/graphql-client";
import { CANCELLED_MEMBER_ID } from "../../kit/seeds/ids";
import { fetchOperation, findMutation, type MutationCase, MUTATIONS, sendMutation } from "../../kit/seeds/mutations";
import { startSubgraph, type TestSubgraph } from "../../kit/start/subgraph";
import { PAYER_CLAIMS } from "../../kit/tokens/claims";
import { waitFor } from "../../kit/wait-for";

const OTHER_CLAIMS = { ...PAYER_CLAIMS, scope: `${PAYER_CLAIMS.scope} pii:read` };

let subgraph: TestSubgraph;
const stops: (() => Promise<unknown>)[] = [];
async function stop(): Promise<void> {
  await stops.pop()?.();
}
async function start(reconcileIntervalMs: string): Promise<void> {
  await stop();
  subgraph = await startSubgraph({
    READ_CACHE_MS: "600000",
    EXPOSE_UPSTREAM_COST: "true",
    RECONCILE_INTERVAL_MS: reconcileIntervalMs,
  });
  stops.push(() => subgraph.stop());
}
afterAll(stop);

type Input = Readonly<Record<string, unknown>>;

const queryFor = (input: Input) =>
  typeof input["recurrenceId"] === "string"
    ? `{ pixAuthorization(recurrenceId: "${input["recurrenceId"]}") { status cancellations { id } } }`
    : `{ user(id: "${String(input["userId"])}") { currentOffer { status offer { id } } benefits { id } } }`;

/** Reads what a mutation with this input changes; fresh: from the provider, not from the cache. */
async function read(input: Input, claims = PAYER_CLAIMS) {
  const { data, extensions } = await subgraph.graphql(queryFor(input), { claims });
  return { data, isFresh: extensions?.upstream.calls === 1 };
}

/** Runs each case; those that change the same member one after the other, because each invalidates the other's reads. */
async function runAll<Result>(
  cases: readonly MutationCase[],
  run: (mutation: MutationCase) => Promise<Result>,
): Promise<ReadonlyMap<string, Result>> {
  const results = new Map<string, Result>();
  const bySubject = Map.groupBy(cases, ({ input }) => input["recurrenceId"] ?? input["userId"]);
  const runInTurn = async (ofSubject: readonly MutationCase[]) => {
    for (const mutation of ofSubject) results.set(mutation.name, await run(mutation));
  };
  await Promise.all([...bySubject.values()].map(runInTurn));
  return results;
}

const send = (mutation: MutationCase, idempotencyKey: string): Promise<GraphqlResponse> =>
  sendMutation(subgraph, mutation, {
    input: { ...mutation.input, idempotencyKey: `${mutation.name}-${idempotencyKey}` },
  });

describe("after a mutation", () => {
  const changeOffer = findMutation("changeOffer");
  beforeAll(() => start("600000"));

  describe("that succeeded, the next read of each caller is fresh:", () => {
    async function run(mutation: MutationCase) {
      for (const claims of [PAYER_CLAIMS, OTHER_CLAIMS]) await read(mutation.input, claims);
      const before = [await read(mutation.input), await read(mutation.input, OTHER_CLAIMS)];
      const { data } = await send(mutation, "succeeds");
      const after = [await read(mutation.input), await read(mutation.input, OTHER_CLAIMS)];
      return {
        status: data[mutation.name].operation.status as string,
        areFresh: [before, after].map((reads) => reads.map(({ isFresh }) => isFresh)),
      };
    }
    let results: ReadonlyMap<string, unknown>;
    beforeAll(async () => (results = await runAll(MUTATIONS, run)));

    test.each(MUTATIONS)("$name", ({ name }) => {
      expect(results.get(name)).toEqual({
        status: "SUCCEEDED",
        areFresh: [
          [false, false],
          [true, true],
        ],
      });
    });
  });

  test("a cached read of another member is still returned", async () => {
    const others = { userId: CANCELLED_MEMBER_ID };
    await read(others);
    await send(changeOffer, "of-another-member");
    expect(await read(others)).toMatchObject({ isFresh: false });
  });

  test("a read in the same document is fresh", async () => {
    await subgraph.avibra.reset();
    const { input } = changeOffer;
    await read(input);
    const query = `mutation($input: ChangeOfferInput!) {
      changeOffer(input: $input) { user { currentOffer { offer { id } } } }
    }`;
    const variables = { input: { ...input, idempotencyKey: "with-a-read" } };
    const { data } = await subgraph.graphql(query, { variables, claims: PAYER_CLAIMS });
    expect(data.changeOffer.user.currentOffer.offer.id).toBe("premium");
  });

  describe("whose response was lost, the next read is fresh and shows the effect:", () => {
    const CASES = MUTATIONS.filter(({ name }) => name !== "createPortalLink");
    async function run(mutation: MutationCase) {
      const before = await read(mutation.input);
      const fault = { match: { method: mutation.method, path: mutation.path }, kind: "resetAfterCommit", times: 5 };
      await subgraph[mutation.vendor].addFault(fault);
      const { data } = await send(mutation, "is-lost");
      const after = await read(mutation.input);
      return {
        status: data[mutation.name].operation.status as string,
        isFresh: after.isFresh,
        isEffectVisible: JSON.stringify(after.data) !== JSON.stringify(before.data),
      };
    }
    let results: ReadonlyMap<string, unknown>;
    beforeAll(async () => {
      await start("600000");
      results = await runAll(CASES, run);
    });

    test.each(CASES)("$name", ({ name }) => {
      const isEffectVisible = !["updateUser", "prefillUser"].includes(name); // those change nothing that is read here
      expect(results.get(name)).toEqual({ status: "UNCONFIRMED", isFresh: true, isEffectVisible });
    });
  });
});

describe("after a mutation whose response was lost,", () => {
  beforeAll(() => start("50"));

  test("a read is fresh again once the reconciler has settled it", async () => {
    const changeOffer = findMutation("changeOffer");
    await subgraph.avibra.addFault({ match: { path: changeOffer.path }, kind: "resetBeforeCommit", times: 5 });
    const { data } = await send(changeOffer, "is-settled-later");
    const { id, status } = data.changeOffer.operation;
    expect(status).toBe("UNCONFIRMED");
    expect((await read(changeOffer.input)).data.user.currentOffer.offer.id).toBe("plus"); // and it is cached
    await subgraph.avibra.clearFaults();
    await waitFor(async () => ((await fetchOperation(subgraph, id)).status === "SUCCEEDED" ? true : undefined));
    const after = await read(changeOffer.input);
    expect(after.isFresh).toBe(true);
    expect(after.data.user.currentOffer.offer.id).toBe("premium");
  });

  test("a read is fresh again after an attempt of the reconciler that did not settle it", async () => {
    const cancel = findMutation("cancelPixAuthorization");
    await subgraph.delbank.addFault({ match: { method: cancel.method, path: cancel.path }, kind: "resetBeforeCommit" });
    const { data } = await send(cancel, "is-not-settled");
    const { id } = data.cancelPixAuthorization.operation;
    await read(cancel.input);
    await waitFor(async () => ((await read(cancel.input)).isFresh ? true : undefined));
    expect(await fetchOperation(subgraph, id)).toMatchObject({ status: "UNCONFIRMED" });
  });
});
