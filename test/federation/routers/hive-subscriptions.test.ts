import { describeSubscriptions } from "../gateways/subscription-claims";
import { ROUTERS } from "./routers";
import { startRouter } from "./start-router";
import { HIVE_WAYS, writeSubscriptionConfig } from "./hive-subscriptions";

const found = ROUTERS.filter(({ title, program }) => title === "Hive Router" && program !== undefined);

describe.each(found)("$title:", (kind) => {
  describe.each(HIVE_WAYS)("subscribing %s:", (_way, section) => {
    const config = writeSubscriptionConfig(kind.config, section);
    afterAll(config.remove);
    describeSubscriptions({ start: (options) => startRouter(kind, { ...options, config: config.path }) });
  });
});
