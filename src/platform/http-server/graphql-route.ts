import { type ApolloServer, type BaseContext, HeaderMap } from "@apollo/server";
import { type FastifyInstance, type FastifyRequest } from "fastify";
import { GraphQLError } from "graphql";
import { requestIds } from "../errors/request-id";
import { type ErrorCode, SubgraphError } from "../errors/subgraph-error";

export interface GraphqlRouteOptions<Context extends BaseContext> {
  readonly path: string;
  readonly apollo: ApolloServer<Context>;
  readonly createContext: (request: FastifyRequest) => Promise<Context>;
}

function headersOf(request: FastifyRequest): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return headers;
}

const STATUS: Partial<Record<ErrorCode, number>> = { UNAUTHENTICATED: 401, UNAVAILABLE: 503 };

/** A request whose context cannot be made is refused as a whole; Apollo Server's own status for that is 500. */
function refuseWhole(error: unknown): never {
  if (!(error instanceof SubgraphError)) throw error;
  const status = STATUS[error.code] ?? 500;
  throw new GraphQLError(error.message, { originalError: error, extensions: { http: { status } } });
}

/** Serves GraphQL over HTTP through Apollo Server's framework-independent entry; see docs/decisions/0003. */
export function registerGraphql<Context extends BaseContext>(
  server: FastifyInstance,
  { path, apollo, createContext }: GraphqlRouteOptions<Context>,
): { readonly underWay: () => number } {
  let underWay = 0;
  server.all(path, async (request, reply) => {
    const mark = request.url.indexOf("?");
    underWay += 1;
    const { status, headers, body } = await requestIds
      .run(request.id, () =>
        apollo.executeHTTPGraphQLRequest({
          httpGraphQLRequest: {
            method: request.method,
            headers: headersOf(request),
            search: mark < 0 ? "" : request.url.slice(mark),
            body: request.body,
          },
          context: () => createContext(request).catch(refuseWhole),
        }),
      )
      .finally(() => (underWay -= 1));
    reply.code(status ?? 200);
    for (const [name, value] of headers) reply.header(name, value);
    if (body.kind !== "complete") throw new Error("incremental delivery is not offered");
    return reply.send(body.string);
  });
  return {
    /** Operations at work, those included whose client has gone. */
    underWay: () => underWay,
  };
}
