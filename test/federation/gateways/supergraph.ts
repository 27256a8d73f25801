import { createSandboxProviders } from "../../../src/sandbox/sandbox-providers";
import { startSubgraph } from "../../kit/start/subgraph";
import { startApolloGateway } from "./apollo";
import { startClientSide } from "./client-side";
import { ROUTER_SECRET } from "./compose";
import { type StartGateway } from "./gateway";
import { createStops } from "./stops";

export interface SupergraphOptions {
  /** Default: @apollo/gateway, which starts in this process. */
  readonly startGateway?: StartGateway;
}

/** A supergraph on free ports: both simulated providers, our subgraph, two other teams' subgraphs, and a gateway. */
export async function startSupergraph(
  environment: Readonly<Record<string, string>> = {},
  { startGateway = startApolloGateway }: SupergraphOptions = {},
) {
  const { add, stopAll } = createStops();
  try {
    const variables = { ROUTER_SECRETS: ROUTER_SECRET, ...environment };
    const starting = startSubgraph(variables, { simulate: createSandboxProviders });
    const subgraph = await add(starting, (one) => one.stop());
    const clientSide = await add(startClientSide(subgraph.url, { startGateway }), (one) => one.stop());
    return {
      url: clientSide.url,
      /** `token(claims)` signs clients' tokens; `avibra` and `delbank` control the providers. */
      subgraph,
      stop: stopAll,
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}
