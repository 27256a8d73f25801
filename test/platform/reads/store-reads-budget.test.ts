import { createEventLoaders } from "../../../src/features/event";
import { createOperationLoaders } from "../../../src/features/operation";
import { createResponseBudget } from "../../../src/platform/graphql/limits/response-budget";
import { createRequestBudget } from "../../../src/platform/reads/request-budget";

const page = { items: Array(3).fill({}), hasNextPage: false };

/** The loaders of one request, over stores that count what is looked up. */
function loadersWith(nodes: number) {
  let lookUps = 0;
  const lookUp =
    <Found>(found: Found) =>
    () => {
      lookUps += 1;
      return Promise.resolve(found);
    };
  const responseBudget = createResponseBudget({ nodes, bytes: 1000 });
  const options = { responseBudget, concurrency: 1, budget: createRequestBudget({ limit: 100, unit: "look-ups" }) };
  const { operation, operationsOfUser } = createOperationLoaders({
    operationStore: { find: lookUp({}), list: lookUp(page) } as never,
    ...options,
  });
  const { eventsOfUser } = createEventLoaders({ inbox: { list: lookUp(page) } as never, ...options });
  const key = (userId: string) => ({ userId, first: 3, after: undefined });
  const loads = {
    operation: (id: string) => operation.load(id),
    operationsOfUser: (id: string) => operationsOfUser.load(key(id)),
    eventsOfUser: (id: string) => eventsOfUser.load(key(id)),
  };
  return { loads, responseBudget, lookUps: () => lookUps };
}

describe.each([
  ["operation", 5],
  ["operationsOfUser", 15],
  ["eventsOfUser", 15],
] as const)("the loader %s", (name, nodes) => {
  test("charges five nodes for each row that was found", async () => {
    for (const [budget, isOver] of [
      [nodes, false],
      [nodes - 1, true],
    ] as const) {
      const { loads, responseBudget } = loadersWith(budget);
      await loads[name]("u-1");
      expect(responseBudget.isExceeded()).toBe(isOver);
    }
  });

  test("makes no lookup once the response budget is exceeded", async () => {
    const { loads, lookUps } = loadersWith(nodes - 1);
    await expect(Promise.all(["u-1", "u-2", "u-3"].map((id) => loads[name](id)))).rejects.toThrow();
    await expect(loads[name]("u-4")).rejects.toThrow();
    expect(lookUps()).toBe(1);
  });
});
