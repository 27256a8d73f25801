import { buildSchema, parse } from "graphql";
import { SubgraphError } from "../../../../src/platform/errors/subgraph-error";
import { createResponseBudget } from "../../../../src/platform/graphql/limits/response-budget";
import { createRequestErrorDescriber } from "../../../../src/platform/graphql/request-errors/request-error-describer";
import { createMemoryBudget } from "../../../../src/platform/graphql/subscriptions/memory-budget";
import { createQuota } from "../../../../src/platform/kernel/quota";
import { createSubscriptions } from "../../../../src/platform/graphql/subscriptions/subscriptions";

const REQUEST = { id: "request", authorization: undefined, query: "subscription { ticks }" };

/** Subscriptions to something that never happens; callers are known once `admit` was called. */
function subscriptionsToNothing() {
  const schema = buildSchema("type Query { x: Int } type Subscription { ticks: Int }");
  const field = schema.getSubscriptionType()?.getFields()["ticks"];
  if (!field) throw new Error("no such field");
  field.subscribe = (_root, _args, { ended }: { ended: AbortSignal }) =>
    (async function* () {
      await new Promise((resolve) => {
        ended.addEventListener("abort", resolve);
      });
    })();
  const { promise: admitted, resolve: admit } = Promise.withResolvers<undefined>();
  const shares = createQuota({ max: 1, maxPerCaller: 1 });
  const subscriptions = createSubscriptions({
    schema,
    errorDescriber: createRequestErrorDescriber({ schema, shouldExposeSchema: true }),
    guard: () => ({
      mutations: 0,
      document: { document: parse(REQUEST.query), result: undefined, hash: undefined, bytes: 0 },
    }),
    createContext: async (_request, _analysis, { ended }) => {
      await admitted;
      const responseBudget = createResponseBudget({ nodes: Infinity, bytes: Infinity });
      return { ended, caller: { userId: "u-1" }, responseBudget, requestLevelError: () => undefined };
    },
    formatError: (formatted, thrown) => {
      const { originalError } = thrown as { originalError?: unknown };
      return originalError instanceof SubgraphError ? { message: originalError.code } : formatted;
    },
    quota: shares,
    memory: createMemoryBudget(1000),
    tokenCheckIntervalMs: 60_000,
  });
  const admitAll = () => {
    admit(undefined);
  };
  return { subscriptions, shares, admit: admitAll };
}

test("a subscription that is being opened while all are closed is rejected, and uses no quota", async () => {
  const { subscriptions, shares, admit } = subscriptionsToNothing();
  const opening = subscriptions.open(REQUEST);
  await subscriptions.close();
  admit();
  expect(await opening).toEqual({ errors: [{ message: "UNAVAILABLE" }] });
  expect(subscriptions.count()).toBe(0);
  expect(shares.acquire("u-1")).toBeDefined();
});

test("an open subscription is ended when all are closed, and returns its quota", async () => {
  const { subscriptions, shares, admit } = subscriptionsToNothing();
  admit();
  const opened = await subscriptions.open(REQUEST);
  if ("errors" in opened) throw new Error("it was refused");
  expect(shares.acquire("u-1")).toBeUndefined();
  const read = opened.next();
  await subscriptions.close();
  expect(await read).toEqual({ done: true, value: undefined });
  expect([subscriptions.count(), shares.acquire("u-1") === undefined]).toEqual([0, false]);
});
