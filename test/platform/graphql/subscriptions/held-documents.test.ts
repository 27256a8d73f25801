import { deriveLimits } from "../../../../src/platform/graphql/limits/derive-limits";
import { buildSchema } from "graphql";
import { splitDocumentCacheBytes } from "../../../../src/app/split-document-cache";
import { loadConfig } from "../../../../src/config/index";
import { SubgraphError } from "../../../../src/platform/errors/subgraph-error";
import { createRequestGuard } from "../../../../src/platform/graphql/limits/request-guard";
import { createResponseBudget } from "../../../../src/platform/graphql/limits/response-budget";
import { createRequestErrorDescriber } from "../../../../src/platform/graphql/request-errors/request-error-describer";
import { createMemoryBudget } from "../../../../src/platform/graphql/subscriptions/memory-budget";
import { createQuota } from "../../../../src/platform/kernel/quota";
import { createSubscriptions } from "../../../../src/platform/graphql/subscriptions/subscriptions";

const SCHEMA = buildSchema(`
  type Query { x: Int }
  type Subscription { operation(id: ID!): Operation! }
  type Operation { id: ID! kind: Int status: Int createdAt: Int settledAt: Int attempts: Int next: Operation }
`);
const FIELDS = "id kind status createdAt settledAt attempts";
/** About as large as those in the README. */
const ORDINARY = `subscription OnOperation($id: ID!) { operation(id: $id) { ${FIELDS} next { ${FIELDS} next { ${FIELDS} } } } }`;
const large = (index: number) =>
  `subscription S${index}($id: ID!) { operation(id: $id) { ${Array.from({ length: 190 }, (_, one) => `a${one}: id`).join(" ")} } }`;

/** With the limits as they are by default, each subscription of another caller. */
function start() {
  const config = loadConfig({});
  const field = SCHEMA.getSubscriptionType()?.getFields()["operation"];
  if (!field) throw new Error("no such field");
  field.subscribe = (_root, _args, { ended }: { ended: AbortSignal }) =>
    (async function* () {
      await new Promise((resolve) => {
        ended.addEventListener("abort", resolve);
      });
    })();
  const bytes = splitDocumentCacheBytes(config.limits.execution.documentCacheBytes);
  let callers = 0;
  const subscriptions = createSubscriptions({
    schema: SCHEMA,
    errorDescriber: createRequestErrorDescriber({ schema: SCHEMA, shouldExposeSchema: true }),
    guard: createRequestGuard({
      limits: deriveLimits(config.limits.documents),
      listFields: new Set(),
      cacheBytes: bytes.cache,
    }),
    createContext: (_request, _cost, { ended }) => {
      const caller = { userId: `u-${(callers += 1)}` };
      return Promise.resolve({
        ended,
        caller,
        responseBudget: createResponseBudget({ nodes: Infinity, bytes: Infinity }),
        requestLevelError: () => undefined,
      });
    },
    formatError: (formatted, thrown) => {
      const { originalError } = thrown as { originalError?: unknown };
      return originalError instanceof SubgraphError ? { message: originalError.message } : formatted;
    },
    quota: createQuota({
      max: config.limits.subscriptions.subscriptions,
      maxPerCaller: config.limits.subscriptions.subscriptionsPerCaller,
    }),
    memory: createMemoryBudget(bytes.subscriptions),
    tokenCheckIntervalMs: 600_000,
  });
  let ids = 0;
  /** The message of its refusal; undefined if it was opened. */
  const refusalOf = async (query: string, padding = "") => {
    const id = `${(ids += 1)}${padding}`;
    const opened = await subscriptions.open({ id, authorization: undefined, query, variables: { id } });
    if (!("errors" in opened)) void opened.next(); // as a transport does
    return "errors" in opened ? opened.errors[0]?.message : undefined;
  };
  return { subscriptions, refusalOf };
}

let running: ReturnType<typeof start>;
beforeEach(() => (running = start()));
afterEach(() => running.subscriptions.close());

test("as many subscriptions of one ordinary document as LIMIT_SUBSCRIPTIONS allows are open at once, by default", async () => {
  const { subscriptions, refusalOf } = running;
  const refusals = new Set<string | undefined>();
  for (let index = 0; index < 1000; index += 1) refusals.add(await refusalOf(ORDINARY));
  expect([subscriptions.count(), [...refusals]]).toEqual([1000, [undefined]]);
  expect(await refusalOf(ORDINARY)).toBe("Too many subscriptions are open, in total or for this caller.");
});

test("subscriptions of many different large documents are rejected at the memory limit, before LIMIT_SUBSCRIPTIONS", async () => {
  const { subscriptions, refusalOf } = running;
  let refusal: string | undefined;
  for (let index = 0; index < 1000 && refusal === undefined; index += 1) refusal = await refusalOf(large(index));
  expect(refusal).toBe("The documents and variables of open subscriptions have reached their memory limit.");
  expect(subscriptions.count()).toBeGreaterThan(20);
  expect(subscriptions.count()).toBeLessThan(500);
});

test.each([
  ["variables of 10 kB", ORDINARY, "x".repeat(10_000)],
  ["a text of 10 kB, though it is one document", `${ORDINARY}#`.padEnd(10_000, "x"), ""],
])("subscriptions with %s are charged once each", async (_what, query, padding) => {
  const { subscriptions, refusalOf } = running;
  let refusal: string | undefined;
  for (let index = 0; index < 1000 && refusal === undefined; index += 1) refusal = await refusalOf(query, padding);
  expect(refusal).toContain("have reached their memory limit");
  expect(subscriptions.count()).toBeGreaterThan(300);
});

describe("the memory budget of subscriptions", () => {
  test("charges a shared object from its first acquisition to its last release", () => {
    const held = createMemoryBudget(100);
    const shared = { bytes: 60 };
    const [first, second] = [held.acquire(10, shared), held.acquire(10, shared)];
    expect([first, second].includes(undefined)).toBe(false);
    expect(held.acquire(21)).toBeUndefined();
    first?.();
    first?.(); // once only
    expect(held.acquire(31)).toBeUndefined();
    second?.();
    expect(held.acquire(101)).toBeUndefined();
    expect(held.acquire(100)).toBeDefined();
  });

  test("charges two copies twice", () => {
    const held = createMemoryBudget(100);
    expect(held.acquire(0, { bytes: 60 })).toBeDefined();
    expect(held.acquire(0, { bytes: 60 })).toBeUndefined();
  });

  test("charges nothing for what it rejects", () => {
    const held = createMemoryBudget(100);
    const shared = { bytes: 60 };
    expect(held.acquire(50, shared)).toBeUndefined();
    expect(held.acquire(100)).toBeDefined();
  });
});
