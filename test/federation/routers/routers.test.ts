import { describeGateway } from "../gateways/claims";
import { type Federation, startFederation } from "../gateways/federation";
import { describeRouter } from "./router-claims";
import { ROUTERS } from "./routers";
import { startRouter } from "./start-router";

let federation: Federation;
beforeAll(async () => {
  federation = await startFederation();
});
afterAll(() => federation.stop());

const found = ROUTERS.filter(({ program }) => program !== undefined);

describe.each(found)("$title:", (kind) => {
  describeGateway({
    federation: () => federation,
    start: (options) => startRouter(kind, options),
    misconfigurations: ["another secret", ...(kind.canRunWithoutKeys ? (["no keys"] as const) : [])],
  });
  describeRouter({ federation: () => federation, kind });
});
