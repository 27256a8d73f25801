import { type Sandboxes } from "../../../src/sandbox";
import { startSubgraph, type SubgraphOptions, type TestSubgraph } from "./subgraph";

/** Variables with which a program or a command uses these sandboxes, as `npm start` uses those that run. */
export const sandboxVariables = ({ avibra, delbank }: Sandboxes) => ({
  AVIBRA_SANDBOX_PORT: new URL(avibra.url).port,
  DELBANK_SANDBOX_PORT: new URL(delbank.url).port,
});

/** Starts a subgraph on sandboxes that outlive it; its own are not used. */
export function startOnSandboxes(
  sandboxes: Sandboxes,
  environment: Readonly<Record<string, string>>,
  options: SubgraphOptions = {},
): Promise<TestSubgraph> {
  const providers = {
    AVIBRA_BASE_URL: `${sandboxes.avibra.url}/preprod`,
    DELBANK_BASE_URL: `${sandboxes.delbank.url}/baas/api/v1`,
  };
  return startSubgraph({ ...sandboxVariables(sandboxes), ...providers, ...environment }, options);
}
