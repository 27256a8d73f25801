import fastify, { type FastifyError, type FastifyInstance } from "fastify";
import { describeError } from "../errors/describe-error";
import { requestIdOf } from "../errors/request-id";
import { type Logger } from "../telemetry/logger";
import { refuse } from "./refusal";

export interface HttpServerOptions {
  readonly logger: Logger;
  /** Larger request bodies are refused with 413. */
  readonly maxBodyBytes: number;
  /** True for the value of a `Router-Authorization` header that may call. */
  readonly mayCall: (routerAuthorization: string | undefined) => boolean;
}

function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" ? header : undefined;
}

/** The HTTP server without its routes: request ids, the router's secret on every path but health, refusals, access log. */
export function createHttpServer({ logger, maxBodyBytes, mayCall }: HttpServerOptions): FastifyInstance {
  const server = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    genReqId: (request) => requestIdOf(request.headers["x-request-id"]),
    requestTimeout: 30_000, // for the request itself to arrive: slow senders are cut off
    return503OnClosing: false,
    frameworkErrors: (_error, _request, reply) => {
      void refuse(reply, 400, "BAD_REQUEST"); // a path that is no URL
    },
    forceCloseConnections: "idle",
  });

  server.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    if (request.url.startsWith("/health/")) return;
    if (!mayCall(textOf(request.headers["router-authorization"]))) return refuse(reply, 401, "UNAUTHENTICATED");
  });
  server.addHook("onResponse", (request, reply, done) => {
    const { method, routeOptions } = request;
    const durationMs = Math.round(reply.elapsedTime * 100) / 100;
    logger.debug(
      { requestId: request.id, method, route: routeOptions.url, status: reply.statusCode, durationMs },
      "answered",
    );
    done();
  });

  server.setNotFoundHandler((_request, reply) => refuse(reply, 404, "NOT_FOUND"));
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status === 413) return refuse(reply, 413, "PAYLOAD_TOO_LARGE");
    if (status < 500) return refuse(reply, status, "BAD_REQUEST");
    logger.error({ requestId: request.id, ...describeError(error) }, "unexpected error");
    return refuse(reply, 500, "INTERNAL");
  });
  return server;
}
