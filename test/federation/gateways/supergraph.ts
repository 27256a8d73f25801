import { createSimulation } from "../../../src/sandbox/simulation";
import { startSubgraph } from "../../kit/start/subgraph";
import { startClientSide } from "./client-side";
import { ROUTER_SECRET } from "./compose";

/** A supergraph on free ports: both simulated providers, our subgraph, two other teams' subgraphs, and @apollo/gateway. */
export async function startSupergraph(environment: Readonly<Record<string, string>> = {}) {
  const variables = { ROUTER_SECRETS: ROUTER_SECRET, ...environment };
  const subgraph = await startSubgraph(variables, { simulate: createSimulation });
  const clientSide = await startClientSide(subgraph.url);
  return {
    url: clientSide.url,
    /** `token(claims)` signs clients' tokens; `avibra` and `delbank` control the providers. */
    subgraph,
    async stop() {
      await clientSide.stop();
      await subgraph.stop();
    },
  };
}
