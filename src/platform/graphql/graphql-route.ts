import { METHODS as ALL_METHODS } from "node:http";
import { type ApolloServer, type BaseContext, HeaderMap } from "@apollo/server";
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { GraphQLError } from "graphql";
import { type ErrorCode, SubgraphError } from "../errors/subgraph-error";
import { type RequestAnalysis, type RequestGuard } from "./limits/request-guard";
import { getResponseStatus } from "./refusal-status";
import { createRequestScope, requestScope } from "./request-scope";
import { getBody, getSearch, toUncheckedRequest } from "./request-parameters";
import { negotiateResponseType, prefersJson } from "../http/server/media-types";
import { sendError } from "../http/server/error-response";
import { isWebSocketHandshake } from "../http/server/upgrades";

export interface GraphqlRouteOptions<Context extends BaseContext> {
  readonly path: string;
  readonly apollo: ApolloServer<Context>;
  /** `disconnected` is aborted when the client disconnects before it has the response. */
  readonly createContext: (
    request: FastifyRequest,
    analysis: RequestAnalysis,
    disconnected: AbortSignal,
  ) => Promise<Context>;
  /** Rejects a request over a limit before Apollo Server reads it. */
  readonly guard: RequestGuard;
  /** The error of a request that exceeded a limit during execution. `responseBody` is the response that it replaces. */
  readonly getRequestLevelError: (context: Context, responseBody: string) => SubgraphError | undefined;
  /** Handles a request for a subscription over the callback protocol. Returns undefined for any other request. */
  readonly acceptCallback: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> | undefined;
  /** Handles a WebSocket handshake. */
  readonly acceptWebSocket: (request: FastifyRequest, reply: FastifyReply) => FastifyReply;
}

function toHeaderMap(request: FastifyRequest): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  // Apollo Server negotiates after execution and answers 406 for other types: the outcome of a mutation would be lost.
  // Without the header, it sends JSON.
  const { accept } = request.headers;
  if (prefersJson(accept)) headers.delete("accept");
  else headers.set("accept", negotiateResponseType(accept));
  return headers;
}

const STATUS_BY_CODE: Partial<Record<ErrorCode, number>> = { UNAUTHENTICATED: 401, UNAVAILABLE: 503 };

/** Fails the whole request if its context cannot be created. Apollo Server's default status for that is 500. */
function throwRequestLevelError(error: unknown): never {
  if (!(error instanceof SubgraphError)) throw error;
  const status = STATUS_BY_CODE[error.code] ?? 500;
  throw new GraphQLError(error.message, { originalError: error, extensions: { http: { status } } });
}

/**
 * Returns a signal that is aborted if the connection closes before the response is sent. A client that ends only its own half of the
 * connection counts as disconnected: Node.js then closes the other half, and the close of a process looks the same.
 */
function watchDisconnect({ raw }: FastifyReply): AbortSignal {
  const disconnect = new AbortController();
  if (raw.destroyed) disconnect.abort();
  raw.once("close", () => {
    if (!raw.writableFinished) disconnect.abort();
  });
  return disconnect.signal;
}

const BATCHING_NOT_SUPPORTED = new SubgraphError("LIMIT_EXCEEDED", {
  message: "A request must contain only one operation, not a batch.",
});

const METHODS = ["GET", "POST"];
const METHOD_NOT_ALLOWED = { code: "BAD_REQUEST", message: "Only GET and POST are allowed.", retryable: false };

/** Runs before the body is read. */
function rejectOtherMethods({ method }: FastifyRequest, reply: FastifyReply, done: () => void): void {
  if (METHODS.includes(method)) done();
  else sendError(reply.header("allow", METHODS.join(", ")), 405, METHOD_NOT_ALLOWED);
}

/** Serves GraphQL over HTTP through Apollo Server's framework-independent API; see docs/decisions/0003. */
export function registerGraphqlRoute<Context extends BaseContext>(
  server: FastifyInstance,
  options: GraphqlRouteOptions<Context>,
): void {
  const { path, apollo, createContext, guard, getRequestLevelError, acceptCallback, acceptWebSocket } = options;

  async function handleRequest(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const search = getSearch(request);
    const unchecked = toUncheckedRequest(request, search);
    if (!unchecked) return sendError(reply, 400, BATCHING_NOT_SUPPORTED);
    const analysis = guard(unchecked);
    if (analysis instanceof SubgraphError) return sendError(reply, getResponseStatus(request, 400), analysis);
    let context: Context | undefined;
    const scope = createRequestScope(request.id, analysis.document);
    const {
      status = 200,
      headers,
      body,
    } = await requestScope.run(scope, () =>
      apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: { method: request.method, headers: toHeaderMap(request), search, body: getBody(request) },
        async context() {
          scope.statusFollowsAccept = true; // without a caller, nothing else of the request is looked at
          context = await createContext(request, analysis, watchDisconnect(reply)).catch(throwRequestLevelError);
          scope.statusFollowsAccept = false;
          return context;
        },
      }),
    );
    if (body.kind !== "complete") throw new Error("incremental delivery is not supported");
    const requestLevelError = context && getRequestLevelError(context, body.string);
    if (requestLevelError) return sendError(reply, getResponseStatus(request, 400), requestLevelError);
    if (scope.errorCodes.size > 0) request.errorCodes = [...scope.errorCodes];
    reply.code(scope.statusFollowsAccept ? getResponseStatus(request, status) : status);
    headers.delete("cache-control"); // no response must be cached; Apollo Server sets this header on some
    for (const [name, value] of headers) reply.header(name, value);
    return reply.send(body.string);
  }

  for (const method of ALL_METHODS) if (!server.supportedMethods.includes(method)) server.addHttpMethod(method);
  server.all(path, { onRequest: rejectOtherMethods }, (request, reply) => {
    if (isWebSocketHandshake(request.raw)) return acceptWebSocket(request, reply);
    return (request.completion = acceptCallback(request, reply) ?? handleRequest(request, reply));
  });
}
