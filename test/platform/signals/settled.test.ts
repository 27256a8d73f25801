import { openStores } from "../../../src/app-stores";
import { loadConfig } from "../../../src/config";
import { topics } from "../../../src/platform/signals/topics";
import { createLogger } from "../../../src/platform/telemetry/logger";
import { claimed, claimOf, T0, TEST_LEDGER_KEY } from "../../support/ledgers";

test("whoever hears that an operation is settled has heard before that what was read of it is old", async () => {
  const config = loadConfig({ DATABASE_URL: "sqlite::memory:", LEDGER_KEY: TEST_LEDGER_KEY });
  const stores = await openStores(config, createLogger("silent"));
  const heard: string[] = [];
  for (const topic of Object.values(topics))
    stores.signals.subscribe(topic, ({ key }) => heard.push(`${topic} ${key}`));
  const { operation } = claimed(await stores.ledger.claim(claimOf({ subject: "u-1", target: "RR1" })));
  await stores.ledger.settle(operation.id, { status: "SUCCEEDED" }, T0);
  expect(heard).toEqual(["readsOld user/u-1", "readsOld recurrence/RR1", `operationSettled ${operation.id}`]);
  // Once: who settles it again tells nothing.
  await stores.ledger.settle(operation.id, { status: "SUCCEEDED" }, T0);
  expect(heard).toHaveLength(3);
  await stores.close();
});
