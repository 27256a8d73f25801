import { createResponseBudget } from "../../../src/platform/graphql/limits/response-budget";
import { createCachedReader } from "../../../src/platform/reads/cached-reader";
import { createReadCache } from "../../../src/platform/reads/read-cache";
import { createDeadline } from "../../../src/platform/kernel/deadline";
import { monotonicClock } from "../../../src/platform/kernel/monotonic-clock";

/** One request's reads, each answered with a text of 4,000 characters: 100 nodes. */
function requestReads(answer: ReturnType<typeof createResponseBudget>, freshMs: number) {
  const reads = createReadCache({
    monotonic: monotonicClock,
    freshMs,
    staleWhileRevalidateMs: 0,
    staleIfErrorMs: 0,
    maxBytes: 2 ** 20,
  });
  const caller = { userId: "u-1", scopes: new Set<string>() };
  const deadline = createDeadline(monotonicClock, 10_000);
  const read = createCachedReader({
    ...{ readCache: reads, caller, deadline, responseBudget: answer },
    timeoutMs: 10_000,
    onResult: () => undefined,
  });
  let calls = 0;
  const readOne = (id: string) =>
    read({ endpoint: "test.read", args: [id], tag: `user/${id}` }, () => {
      calls += 1;
      return Promise.resolve("x".repeat(3998));
    });
  return { readOne, calls: () => calls };
}

const budgetOf = (nodes: number) => createResponseBudget({ nodes, bytes: 1000 });

test.each([
  ["each from the provider", 0, () => "same"],
  ["of the same cached response", 60_000, () => "same"],
  ["each of another member", 60_000, (index: number) => `u-${index}`],
])(
  "reads (%s) are charged to the response budget of their request, and over it the next read fails",
  async (_how, freshMs, idOf) => {
    const answer = budgetOf(350);
    const { readOne } = requestReads(answer, freshMs);
    for (let index = 0; index < 3; index += 1) await readOne(idOf(index));
    expect(answer.isExceeded()).toBe(false);
    await readOne(idOf(3));
    expect(answer.requestLevelError()).toMatchObject({ code: "LIMIT_EXCEEDED" });
    await expect(readOne("one-more")).rejects.toThrow();
  },
);

test("over the response budget of its request, a read makes no provider call", async () => {
  const answer = budgetOf(50);
  const { readOne, calls } = requestReads(answer, 0);
  await readOne("first");
  await expect(Promise.all([readOne("second"), readOne("third")])).rejects.toThrow();
  expect(calls()).toBe(1);
});
