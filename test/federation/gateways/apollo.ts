import { type IncomingHttpHeaders } from "node:http";
import { ApolloGateway, type GraphQLDataSourceProcessOptions, RemoteGraphQLDataSource } from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { type DirectiveNode, GraphQLError, type GraphQLFormattedError, Kind, parse, print, visit } from "graphql";
import { compose, OUR_NAME, subgraphs } from "./compose";
import { type StartGateway } from "./gateway";

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

/** Serves our subgraph and the fixtures through @apollo/gateway, which verifies no tokens. */
export const startApolloGateway: StartGateway = async ({ urls, routerSecret }) => {
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
};
