import { type IncomingHttpHeaders } from "node:http";
import { ApolloGateway, RemoteGraphQLDataSource } from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { type DirectiveNode, Kind, parse, print, visit } from "graphql";
import { startAccounts } from "../fixtures/accounts";
import { startBilling } from "../fixtures/billing";
import { startSubgraph } from "../../support/subgraph";
import { compose, OUR_NAME, subgraphs } from "./compose";

/** What the gateway proves itself with to our subgraph. */
export const ROUTER_SECRET = "the-router-of-the-tests";

/** Headers of a client that go on to every subgraph. `router-authorization` is not among them: that one is the gateway's. */
const PROPAGATED = ["authorization", "x-request-id"] as const;

const isOfSecurity = ({ arguments: given = [] }: DirectiveNode) =>
  given.some(({ name, value }) => name.value === "for" && value.kind === Kind.ENUM && value.value === "SECURITY");

/** @apollo/gateway serves no supergraph that links what it cannot enforce: without it, we alone enforce it. */
export function withoutAuthorization(supergraphSdl: string): string {
  const names = ["authenticated", "requiresScopes"];
  const stripped = visit(parse(supergraphSdl), {
    Directive(node) {
      return names.includes(node.name.value) || (node.name.value === "link" && isOfSecurity(node)) ? null : undefined;
    },
  });
  return print(stripped);
}

interface GatewayContext {
  readonly headers?: IncomingHttpHeaders;
}

/** Sends what came from the client on, and to our subgraph the router's secret. */
class ForwardingSource extends RemoteGraphQLDataSource<GatewayContext> {
  constructor(
    url: string,
    private readonly secret: string | undefined,
  ) {
    super({ url });
  }

  override willSendRequest({
    request,
    context,
  }: Parameters<RemoteGraphQLDataSource<GatewayContext>["willSendRequest"] & object>[0]) {
    for (const name of PROPAGATED) {
      const value = context.headers?.[name];
      if (typeof value === "string") request.http?.headers.set(name, value);
    }
    if (this.secret !== undefined) request.http?.headers.set("router-authorization", this.secret);
  }
}

export interface ApolloGatewayOptions {
  readonly urls: Readonly<Record<string, string>>;
  /** Without it our subgraph refuses. */
  readonly routerSecret?: string;
  /** Default: a free one. */
  readonly port?: number;
}

/** Serves our subgraph and the fixtures through @apollo/gateway. */
export async function startApolloGateway({ urls, routerSecret, port = 0 }: ApolloGatewayOptions) {
  const supergraphSdl = withoutAuthorization(compose("@apollo/composition", subgraphs(urls)));
  const gateway = new ApolloGateway({
    supergraphSdl,
    buildService: ({ name, url }) => new ForwardingSource(url ?? "", name === OUR_NAME ? routerSecret : undefined),
  });
  const server = new ApolloServer<GatewayContext>({ gateway, stopOnTerminationSignals: false });
  const { url } = await startStandaloneServer(server, {
    listen: { host: "127.0.0.1", port },
    context: ({ req }) => Promise.resolve({ headers: req.headers }),
  });
  return { url: new URL("/graphql", url).href, stop: () => server.stop() };
}

/** Both providers simulated, our subgraph, another two teams' and @apollo/gateway before them, on free ports. */
export async function startSupergraph(environment: Readonly<Record<string, string>> = {}) {
  const [subgraph, accounts, billing] = await Promise.all([
    startSubgraph({ ROUTER_SECRETS: ROUTER_SECRET, ...environment }),
    startAccounts(),
    startBilling(),
  ]);
  const urls = { [OUR_NAME]: `${subgraph.url}/graphql`, accounts: accounts.url, billing: billing.url };
  const gateway = await startApolloGateway({ urls, routerSecret: ROUTER_SECRET });
  return {
    /** Of the gateway: where clients ask. */
    url: gateway.url,
    subgraph,
    accounts,
    billing,
    async stop() {
      await gateway.stop();
      await Promise.all([accounts.stop(), billing.stop(), subgraph.stop()]);
    },
  };
}
