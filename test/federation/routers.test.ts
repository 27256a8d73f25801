import { describeGateway } from "./gateways/claims";
import { type Federation, startFederation } from "./gateways/federation";
import { describeRouter } from "./gateways/router-claims";
import { findRouter, ROUTERS } from "./gateways/routers";
import { startRouter } from "./gateways/start-router";

let federation: Federation;
beforeAll(async () => {
  federation = await startFederation();
});
afterAll(() => federation.stop());

const found = ROUTERS.flatMap((kind) => {
  const program = findRouter(kind);
  return program === undefined ? [] : [{ ...kind, program }];
});

describe.each(found)("$title:", ({ program, ...kind }) => {
  describeGateway({
    federation: () => federation,
    start: (options) => startRouter(kind, { ...options, program }),
    isMisconfiguredToo: false,
  });
  describeRouter({ federation: () => federation, kind, program });
});
