import { startAccounts } from "../fixtures/accounts";
import { startBilling } from "../fixtures/billing";
import { startApolloGateway } from "./apollo";
import { OUR_NAME, ROUTER_SECRET } from "./compose";
import { startTokenProxy } from "./token-proxy";

/**
 * What clients see of a supergraph, before a subgraph of ours that runs already: two other teams' subgraphs, @apollo/gateway
 * before the three, and developers' tokens at the gateway's own port (default: a free one).
 */
export async function startClientSide(subgraph: string, port = 0) {
  const [accounts, billing] = await Promise.all([startAccounts(), startBilling()]);
  const urls = { [OUR_NAME]: `${subgraph}/graphql`, accounts: accounts.url, billing: billing.url };
  const gateway = await startApolloGateway({ urls, routerSecret: ROUTER_SECRET });
  const tokenProxy = await startTokenProxy({ gateway: gateway.url, subgraph, routerSecret: ROUTER_SECRET, port });
  return {
    /** Where clients ask. */
    url: `${tokenProxy.url}/graphql`,
    async stop() {
      await tokenProxy.stop();
      await gateway.stop();
      await Promise.all([accounts.stop(), billing.stop()]);
    },
  };
}
