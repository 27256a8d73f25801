import fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from "fastify";
import { describeError } from "../errors/describe-error";
import { requestIdOf } from "../errors/request-id";
import { SubgraphError } from "../errors/subgraph-error";
import { type Admission } from "../limits/admission";
import { type Logger } from "../telemetry/logger";
import { refuseBrokenRequest } from "./broken-request";
import { refuse } from "./refusal";

declare module "fastify" {
  interface FastifyRequest {
    /** What is done for a request beyond its connection: it is under way until this has ended, even if its client went away. */
    work: Promise<unknown> | null;
  }
}

export interface HttpServerOptions {
  readonly logger: Logger;
  /** Larger request bodies are refused with 413. */
  readonly maxBodyBytes: number;
  /** Larger headers, the first line included, are refused with 431. */
  readonly maxHeaderBytes: number;
  readonly admission: Admission;
  /** True for the value of a `Router-Authorization` header that may call. */
  readonly mayCall: (routerAuthorization: string | undefined) => boolean;
}

function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" ? header : undefined;
}

/** How much of a request's body will be held in memory; one of unknown length may be as long as any. */
function bodyBytesOf({ headers }: FastifyRequest, maxBodyBytes: number): number {
  if (headers["transfer-encoding"] !== undefined) return maxBodyBytes;
  return Math.min(Number(headers["content-length"] ?? 0), maxBodyBytes);
}

function isCompressed({ headers }: FastifyRequest): boolean {
  return !/^(identity)?$/i.test(headers["content-encoding"] ?? "");
}

/** The HTTP server without its routes: request ids, the router's secret on every path but health, limits, refusals, access log. */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const { logger, maxBodyBytes, maxHeaderBytes, admission, mayCall } = options;
  const tooLarge = (what: string, most: number) =>
    new SubgraphError("LIMIT_EXCEEDED", { message: `The request's ${what} may have at most ${most} bytes.` });
  const server = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    http: { maxHeaderSize: maxHeaderBytes },
    genReqId: (request) => requestIdOf(request.headers["x-request-id"]),
    requestTimeout: 30_000, // for the request itself to arrive: slow senders are cut off
    return503OnClosing: false,
    frameworkErrors: (_error, _request, reply) => {
      void refuse(reply, 400, "BAD_REQUEST"); // a path that is no URL
    },
    clientErrorHandler: ({ code }, socket) => {
      refuseBrokenRequest(socket, code, tooLarge("header", maxHeaderBytes));
    },
    forceCloseConnections: "idle",
  });

  server.decorateRequest("work", null);
  server.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    if (request.url.startsWith("/health/")) return;
    if (!mayCall(textOf(request.headers["router-authorization"]))) return refuse(reply, 401, "UNAUTHENTICATED");
    if (isCompressed(request)) return refuse(reply, 415, "BAD_REQUEST");
    const leave = admission.enter(bodyBytesOf(request, maxBodyBytes));
    if (!leave) return refuse(reply.header("retry-after", "1"), 503, "UNAVAILABLE");
    reply.raw.once("close", () => void Promise.allSettled([request.work]).then(leave)); // also when the client went away
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
    if (status === 413) return refuse(reply, 413, tooLarge("body", maxBodyBytes));
    if (status < 500) return refuse(reply, status, "BAD_REQUEST");
    logger.error({ requestId: request.id, ...describeError(error) }, "unexpected error");
    return refuse(reply, 500, "INTERNAL");
  });
  return server;
}
