import { startAccounts } from "../fixtures/accounts";
import { startBilling } from "../fixtures/billing";
import { startClientProxy } from "./client-proxy";
import { OUR_NAME, ROUTER_SECRET } from "./compose";
import { type StartGateway } from "./gateway";
import { createStops } from "./stops";

export interface ClientSideOptions {
  readonly startGateway: StartGateway;
  /** Of the URL for clients. Default: a free one. */
  readonly port?: number;
}

/**
 * A supergraph around a running subgraph of ours: two other teams' subgraphs, a gateway, and a proxy that serves the gateway, the
 * playground and developer tokens at one port. If a part does not start, the others are stopped.
 */
export async function startClientSide(subgraph: string, { startGateway, port = 0 }: ClientSideOptions) {
  const { add, stopAll } = createStops();
  try {
    const accounts = await add(startAccounts(), (one) => one.stop());
    const billing = await add(startBilling(), (one) => one.stop());
    const urls = { [OUR_NAME]: `${subgraph}/graphql`, accounts: accounts.url, billing: billing.url };
    const gateway = await add(startGateway({ urls, routerSecret: ROUTER_SECRET }), (one) => one.stop());
    const proxy = await add(
      startClientProxy({ gateway: gateway.url, subgraph, routerSecret: ROUTER_SECRET, port }),
      (one) => one.stop(),
    );
    return {
      /** The GraphQL endpoint for clients. */
      url: `${proxy.url}/graphql`,
      failure: gateway.failure,
      stop: stopAll,
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}
