import { type Server } from "node:http";
import { type TLSSocket } from "node:tls";
import fastify, {
  type FastifyError,
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { describeError } from "../../errors/describe-error";
import { resolveRequestId } from "../../errors/request-id";
import { SubgraphError } from "../../errors/subgraph-error";
import { type Admission } from "./admission";
import { type Logger } from "../../observability/logger";
import { createClientErrorHandler } from "./client-error-handler";
import { type ConnectionLimits, type Connections, createConnections } from "./connections";
import { registerExpectContinue } from "./expect-continue";
import { isHealthProbe } from "./health-probe";
import { type IngressPolicy } from "./ingress-policy";
import { registerJsonBodyParser } from "./json-body-parser";
import { registerAdmissionHooks, acquireAdmissionSlot } from "./admission-hooks";
import { sendError } from "./error-response";
import { SECURITY_HEADERS, TLS_HEADERS } from "./security-headers";
import { isWebSocketHandshake, routeUpgrades } from "./upgrades";

declare module "fastify" {
  interface FastifyInstance {
    connections: Connections;
  }
}

export interface HttpServerOptions {
  readonly logger: Logger;
  /** Larger request bodies are refused with 413. */
  readonly maxBodyBytes: number;
  /** Larger headers, the first line included, are refused with 431. */
  readonly maxHeaderBytes: number;
  readonly admission: Admission;
  readonly connections: ConnectionLimits;
  /** True for the value of a `Router-Authorization` header that may call. */
  readonly isAuthorizedRouter: (routerAuthorization: string | undefined) => boolean;
  /** Certificate and key as PEM text; with `clientCa` every path but health demands a certificate of that authority. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
}

function getSingleValue(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" ? header : undefined;
}

/** A route's own; there is none yet where the path could not be read. */
function getIngressPolicy({ routeOptions }: FastifyRequest): IngressPolicy | undefined {
  return (routeOptions as Partial<FastifyRequest["routeOptions"]>).config?.ingressPolicy;
}

function isCompressed({ headers }: FastifyRequest): boolean {
  return !/^(identity)?$/i.test(headers["content-encoding"] ?? "");
}

/** Timeouts are looked at so many times while they last, and every second at least: that is how late one may be. */
const CHECKS_PER_TIMEOUT = 10;
const TLS_HANDSHAKE_TIMEOUT_MS = 10_000;

/** What Fastify needs to speak http, or https. Its types tell the two apart; what is registered on a server does not. */
function toProtocolOptions({ tls, maxHeaderBytes, connections }: HttpServerOptions): FastifyHttpOptions<Server> {
  // A header that comes twice reads as both with a comma: of two tokens or secrets neither is picked.
  // One without a host is refused by `admit`: Node would answer it before anybody has looked at who is asking.
  const { receiveTimeoutMs } = connections;
  const httpOptions = {
    headersTimeout: receiveTimeoutMs,
    requestTimeout: receiveTimeoutMs,
    connectionsCheckingInterval: Math.min(1000, Math.ceil(receiveTimeoutMs / CHECKS_PER_TIMEOUT)),
    joinDuplicateHeaders: true,
    maxHeaderSize: maxHeaderBytes,
    requireHostHeader: false,
    shouldUpgradeCallback: isWebSocketHandshake,
  };
  if (!tls) return { http: httpOptions };
  const { cert, key, clientCa } = tls;
  // Asked for, not demanded in the handshake: health is asked without a certificate. `admit` demands it.
  const clientCertificate =
    clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false };
  const tlsOptions = {
    minVersion: "TLSv1.2",
    handshakeTimeout: TLS_HANDSHAKE_TIMEOUT_MS,
    cert,
    key,
    ...clientCertificate,
  };
  return { https: { ...httpOptions, ...tlsOptions } } as FastifyHttpOptions<Server>;
}

/** The HTTP server without its routes: who may connect and call at all (health is open), limits, refusals, access log. */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const { logger, maxBodyBytes, maxHeaderBytes, admission, isAuthorizedRouter, tls } = options;
  const createTooLargeError = (part: string, maxBytes: number) =>
    new SubgraphError("LIMIT_EXCEEDED", { message: `The request's ${part} may have at most ${maxBytes} bytes.` });
  const headers = { ...SECURITY_HEADERS, ...(tls && TLS_HEADERS) };
  const server = fastify({
    ...toProtocolOptions(options),
    logger: false,
    bodyLimit: maxBodyBytes,
    genReqId: (request) => resolveRequestId(request.headers["x-request-id"]),
    requestTimeout: options.connections.receiveTimeoutMs,
    keepAliveTimeout: options.connections.keepAliveTimeoutMs,
    return503OnClosing: false,
    clientErrorHandler: createClientErrorHandler({
      connections: () => connections,
      headers,
      headersTooLarge: createTooLargeError("header", maxHeaderBytes),
    }),
    frameworkErrors: (_error, request, reply) => {
      connections.startSendTimeout(reply.raw, request.raw.socket); // a path that is no URL: no hook runs for it
      void (authorize(request, reply) ?? sendError(reply, 400, "BAD_REQUEST"));
    },
    forceCloseConnections: "idle",
  });
  const connections = createConnections(server.server, options.connections);
  server.decorate("connections", connections);
  server.addHook("preClose", (done) => {
    connections.close();
    done();
  });
  registerJsonBodyParser(server);
  registerExpectContinue(server);
  routeUpgrades(server);

  /** The first thing that happens to every request; the refusal, if it is one. */
  function authorize(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
    reply.headers(headers).header("x-request-id", request.id);
    const ingressPolicy = getIngressPolicy(request);
    const rejection = ingressPolicy ? ingressPolicy.reject(request, reply) : authorizeRouter(request, reply);
    if (rejection) return rejection;
    if (!isHealthProbe(request)) connections.markVerified(request.raw.socket, ingressPolicy?.trust ?? "router");
    const hasHost = request.headers.host !== undefined || request.raw.httpVersion === "1.0";
    return hasHost ? undefined : sendError(reply, 400, "BAD_REQUEST");
  }
  function authorizeRouter(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
    const hasCertificate = tls?.clientCa === undefined || (request.raw.socket as TLSSocket).authorized;
    const isRouter = hasCertificate && isAuthorizedRouter(getSingleValue(request.headers["router-authorization"]));
    return isRouter || isHealthProbe(request) ? undefined : sendError(reply, 401, "UNAUTHENTICATED");
  }
  registerAdmissionHooks(server);
  server.addHook("onRequest", async (request, reply) => {
    const rejection = authorize(request, reply);
    if (rejection || isHealthProbe(request)) return rejection;
    if (isCompressed(request)) return sendError(reply, 415, "UNSUPPORTED_MEDIA_TYPE");
    return acquireAdmissionSlot(request, reply, getIngressPolicy(request)?.admission ?? admission);
  });
  server.addHook("onSend", (...[request, reply, , done]) => {
    connections.startSendTimeout(reply.raw, request.raw.socket);
    done();
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

  server.setNotFoundHandler((_request, reply) => sendError(reply, 404, "NOT_FOUND"));
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status === 413) return sendError(reply, 413, createTooLargeError("body", request.routeOptions.bodyLimit));
    if (status === 415) return sendError(reply, 415, "UNSUPPORTED_MEDIA_TYPE");
    if (status < 500) return sendError(reply, status, "BAD_REQUEST");
    logger.error({ requestId: request.id, ...describeError(error) }, "unexpected error");
    return sendError(reply, 500, "INTERNAL");
  });
  return server;
}
