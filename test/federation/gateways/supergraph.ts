import { startSubgraph } from "../../kit/start/subgraph";
import { startClientSide } from "./client-side";
import { ROUTER_SECRET } from "./compose";

/** A whole supergraph on free ports: both providers simulated, our subgraph, another two teams' and @apollo/gateway before them. */
export async function startSupergraph(environment: Readonly<Record<string, string>> = {}) {
  const subgraph = await startSubgraph({ ROUTER_SECRETS: ROUTER_SECRET, ...environment });
  const clientSide = await startClientSide(subgraph.url);
  return {
    url: clientSide.url,
    /** Its `token(claims)` signs what clients send, its `avibra` and `delbank` control the providers. */
    subgraph,
    async stop() {
      await clientSide.stop();
      await subgraph.stop();
    },
  };
}
