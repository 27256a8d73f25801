import { startAccounts } from "../fixtures/accounts";
import { startBilling } from "../fixtures/billing";
import { startApolloGateway } from "./apollo";
import { OUR_NAME, ROUTER_SECRET } from "./compose";
import { startTokenProxy } from "./token-proxy";

/**
 * A supergraph around a running subgraph of ours: two other teams' subgraphs, @apollo/gateway, and a proxy that serves the
 * gateway and developer tokens at one port (default: a free one).
 */
export async function startClientSide(subgraph: string, port = 0) {
  const [accounts, billing] = await Promise.all([startAccounts(), startBilling()]);
  const urls = { [OUR_NAME]: `${subgraph}/graphql`, accounts: accounts.url, billing: billing.url };
  const gateway = await startApolloGateway({ urls, routerSecret: ROUTER_SECRET });
  const tokenProxy = await startTokenProxy({ gateway: gateway.url, subgraph, routerSecret: ROUTER_SECRET, port });
  return {
    /** The GraphQL endpoint for clients. */
    url: `${tokenProxy.url}/graphql`,
    async stop() {
      await tokenProxy.stop();
      await gateway.stop();
      await Promise.all([accounts.stop(), billing.stop()]);
    },
  };
}
