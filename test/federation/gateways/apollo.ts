import { type IncomingHttpHeaders } from "node:http";
import { ApolloGateway, type GraphQLDataSourceProcessOptions, RemoteGraphQLDataSource } from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { compose, OUR_NAME, subgraphs, UNLICENSED_SDL } from "./compose";
import { type Gateway, type GatewayOptions, type StartGateway } from "./gateway";

/** Headers that are forwarded to every subgraph. A client's `router-authorization` is not: the gateway sends its own. */
const PROPAGATED = ["authorization", "x-request-id"] as const;

interface GatewayContext {
  readonly headers?: IncomingHttpHeaders;
}

/** Forwards the client's headers, and sends the router secret to our subgraph. Otherwise, it has the defaults of the library. */
class DefaultSource extends RemoteGraphQLDataSource<GatewayContext> {
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
}

class ForwardingSource extends DefaultSource {
  /** By default, this gateway shows clients a subgraph's URL and whole response for every status other than 2xx. */
  override async errorFromResponse(
    response: Parameters<RemoteGraphQLDataSource["errorFromResponse"]>[0],
  ): Promise<GraphQLError> {
    const body = (await response.json().catch(() => undefined)) as { errors?: GraphQLFormattedError[] } | undefined;
    const [first] = body?.errors ?? [];
    return new GraphQLError(first?.message ?? "A subgraph did not answer.", { extensions: first?.extensions ?? null });
  }
}

async function startWithSource(Source: typeof DefaultSource, { urls, routerSecret }: GatewayOptions): Promise<Gateway> {
  // It rejects a supergraph with security features, which it cannot enforce.
  const supergraphSdl = compose("@apollo/composition", subgraphs(urls, UNLICENSED_SDL));
  const gateway = new ApolloGateway({
    supergraphSdl,
    buildService: ({ name, url }) => new Source(url ?? "", name === OUR_NAME ? routerSecret : undefined),
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

/** Serves our subgraph and the fixtures through @apollo/gateway, which verifies no tokens. */
export const startApolloGateway: StartGateway = (options) => startWithSource(ForwardingSource, options);

/** The same, with the library's own handling of a subgraph's responses. */
export const startDefaultApolloGateway: StartGateway = (options) => startWithSource(DefaultSource, options);
