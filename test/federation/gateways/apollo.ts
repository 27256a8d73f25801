import { type IncomingHttpHeaders } from "node:http";
import { ApolloGateway, type GraphQLDataSourceProcessOptions, RemoteGraphQLDataSource } from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { type DirectiveNode, GraphQLError, type GraphQLFormattedError, Kind, parse, print, visit } from "graphql";
import { startAccounts } from "../fixtures/accounts";
import { startBilling } from "../fixtures/billing";
import { startSubgraph } from "../../kit/start/subgraph";
import { compose, OUR_NAME, subgraphs } from "./compose";
import { startTokenProxy } from "./token-proxy";
import { ROUTER_SECRET } from "./federation";

/** Headers of a client that go on to every subgraph. `router-authorization` is not among them: that one is the gateway's. */
const PROPAGATED = ["authorization", "x-request-id"] as const;

const isSecurityLink = ({ arguments: given = [] }: DirectiveNode) =>
  given.some(({ name, value }) => name.value === "for" && value.kind === Kind.ENUM && value.value === "SECURITY");

/** @apollo/gateway serves no supergraph that links what it cannot enforce: without it, we alone enforce it. */
export function withoutAuthorization(supergraphSdl: string): string {
  const names = ["authenticated", "requiresScopes"];
  const stripped = visit(parse(supergraphSdl), {
    Directive(node) {
      return names.includes(node.name.value) || (node.name.value === "link" && isSecurityLink(node)) ? null : undefined;
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

  override willSendRequest({ request, context }: GraphQLDataSourceProcessOptions<GatewayContext>): void {
    for (const name of PROPAGATED) {
      const value = context.headers?.[name];
      if (typeof value === "string") request.http?.headers.set(name, value);
    }
    if (this.secret !== undefined) request.http?.headers.set("router-authorization", this.secret);
  }

  /** As it comes, this gateway shows its clients a subgraph's URL and whole answer for every status that is not 2xx. */
  override async errorFromResponse(
    response: Parameters<RemoteGraphQLDataSource["errorFromResponse"]>[0],
  ): Promise<GraphQLError> {
    const body = (await response.json().catch(() => undefined)) as { errors?: GraphQLFormattedError[] } | undefined;
    const [first] = body?.errors ?? [];
    return new GraphQLError(first?.message ?? "A subgraph did not answer.", { extensions: first?.extensions ?? null });
  }
}

export interface ApolloGatewayOptions {
  readonly urls: Readonly<Record<string, string>>;
  /** Without it our subgraph refuses. */
  readonly routerSecret?: string;
}

/** Serves our subgraph and the fixtures through @apollo/gateway. */
export async function startApolloGateway({ urls, routerSecret }: ApolloGatewayOptions) {
  const supergraphSdl = withoutAuthorization(compose("@apollo/composition", subgraphs(urls)));
  const gateway = new ApolloGateway({
    supergraphSdl,
    buildService: ({ name, url }) => new ForwardingSource(url ?? "", name === OUR_NAME ? routerSecret : undefined),
  });
  const server = new ApolloServer<GatewayContext>({
    gateway,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
  });
  const { url } = await startStandaloneServer(server, {
    listen: { host: "127.0.0.1", port: 0 },
    context: ({ req }) => Promise.resolve({ headers: req.headers }),
  });
  return { url: new URL("/graphql", url).href, stop: () => server.stop() };
}

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
