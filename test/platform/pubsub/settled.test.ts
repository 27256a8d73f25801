import { openStores } from "../../../src/app/stores";
import { loadConfig } from "../../../src/config/index";
import { topics } from "../../../src/platform/pubsub/topics";
import { createLogger } from "../../../src/platform/observability/logger";
import { expectClaimed, createClaim, START_MS, TEST_ENCRYPTION_KEY } from "../../kit/operations/test-store";

test("a settled operation publishes the invalidation of its reads before operationSettled, and only once", async () => {
  const config = loadConfig({ DATABASE_URL: "sqlite::memory:", LEDGER_KEY: TEST_ENCRYPTION_KEY });
  const stores = await openStores(config.database, {
    isSandbox: true,
    mayCallRealProviders: false,
    logger: createLogger("silent"),
  });
  const received: string[] = [];
  for (const topic of Object.values(topics))
    stores.pubSub.subscribe(topic, ({ key }) => received.push(`${topic} ${key}`));
  const { operation } = expectClaimed(
    await stores.operationStore.claim(createClaim({ userId: "u-1", recurrenceId: "RR1" })),
  );
  await stores.operationStore.settle(operation.id, { status: "SUCCEEDED" }, START_MS);
  expect(received).toEqual(["readsOld user/u-1", "readsOld recurrence/RR1", `operationSettled ${operation.id}`]);
  // A second settlement publishes nothing.
  await stores.operationStore.settle(operation.id, { status: "SUCCEEDED" }, START_MS);
  expect(received).toHaveLength(3);
  await stores.close();
});
