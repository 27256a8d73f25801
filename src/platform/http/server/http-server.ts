import { type Server } from "node:http";
import { type TLSSocket } from "node:tls";
import fastify, {
  type FastifyError,
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { type AuthenticationFailure } from "../../auth/authentication-failure";
import { describeError } from "../../errors/describe-error";
import { resolveRequestId } from "../../errors/request-id";
import { SubgraphError } from "../../errors/subgraph-error";
import { type Admission } from "./admission";
import { type Logger } from "../../observability/logger";
import { createClientErrorHandler } from "./client-error-handler";
import { type ConnectionLimits, type Connections, createConnections } from "./connections";
import { type CrossOriginOptions, registerCrossOrigin } from "./cross-origin";
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
  interface FastifyRequest {
    /** For a response without an end of its own: the time until it began, in ms. Null for any other. */
    openedAfterMs: number | null;
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
  /** Whether the value of the header `Router-Authorization` is valid. */
  readonly isAuthorizedRouter: (routerAuthorization: string | undefined) => boolean;
  /** Called with the reason of each refusal with 401 that the router's credentials cause. */
  readonly onUnauthenticated?: (reason: AuthenticationFailure) => void;
  readonly crossOrigin?: CrossOriginOptions;
  /** PEM text. With `clientCa`, every request except a health probe requires a client certificate of that authority. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
}

function getSingleValue(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" ? header : undefined;
}

/** The policy of the route. `config` is undefined if the path is malformed. */
function getIngressPolicy({ routeOptions }: FastifyRequest): IngressPolicy | undefined {
  return (routeOptions as Partial<FastifyRequest["routeOptions"]>).config?.ingressPolicy;
}

/** Whether the route verifies the router's secret of this handshake, which has none. */
function acceptsLateSecret({ raw, headers, routeOptions }: FastifyRequest): boolean {
  const { config } = routeOptions as Partial<FastifyRequest["routeOptions"]>;
  return (
    config?.acceptsLateSecret === true && headers["router-authorization"] === undefined && isWebSocketHandshake(raw)
  );
}

function isCompressed({ headers }: FastifyRequest): boolean {
  return !/^(identity)?$/i.test(headers["content-encoding"] ?? "");
}

/** Node.js checks its timeouts this many times per timeout, and at least once a second. A timeout can be late by one interval. */
const CHECKS_PER_TIMEOUT = 10;
const TLS_HANDSHAKE_TIMEOUT_MS = 10_000;

/** Options for http or https. The types of Fastify distinguish the two servers; the hooks and routes do not, hence the cast. */
function toProtocolOptions({ tls, maxHeaderBytes, connections }: HttpServerOptions): FastifyHttpOptions<Server> {
  // A repeated header is joined with a comma, so that neither of two tokens or secrets is valid.
  // `authorize` refuses a request without a host. Node.js would respond before any credentials are checked.
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
  // The handshake requests a certificate but does not require it, because health probes have none. `authorize` requires it.
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

/** The HTTP server without its routes: connection limits, authentication of the router, admission, error responses, access log. */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const { logger, maxBodyBytes, maxHeaderBytes, admission, isAuthorizedRouter, tls } = options;
  const createTooLargeError = (part: "headers" | "body", maxBytes: number) =>
    new SubgraphError("LIMIT_EXCEEDED", { message: `The request ${part} must not exceed ${maxBytes} bytes.` });
  const headers = { ...SECURITY_HEADERS, ...(tls && TLS_HEADERS) };
  const connections = createConnections(options.connections);
  const server = fastify({
    ...toProtocolOptions(options),
    logger: false,
    bodyLimit: maxBodyBytes,
    genReqId: (request) => resolveRequestId(request.headers["x-request-id"]),
    requestTimeout: options.connections.receiveTimeoutMs,
    keepAliveTimeout: options.connections.keepAliveTimeoutMs,
    return503OnClosing: false,
    clientErrorHandler: createClientErrorHandler({
      connections,
      headers,
      headersTooLarge: createTooLargeError("headers", maxHeaderBytes),
    }),
    frameworkErrors: (_error, request, reply) => {
      connections.startSendTimeout(reply.raw, request.raw.socket); // no hook runs for a malformed path
      setHeaders(request, reply);
      void (authorize(request, reply) ?? sendError(reply, 400, "BAD_REQUEST"));
    },
    forceCloseConnections: "idle",
  });
  connections.attach(server.server);
  server.decorate("connections", connections);
  server.decorateRequest("errorCodes", null);
  server.decorateRequest("isUnverified", false);
  server.decorateRequest("openedAfterMs", null);
  server.addHook("preClose", (done) => {
    connections.close();
    done();
  });
  const setHeaders = (request: FastifyRequest, reply: FastifyReply) =>
    reply.headers(headers).header("x-request-id", request.id);
  server.addHook("onRequest", (request, reply, done) => {
    setHeaders(request, reply);
    done();
  });
  if (options.crossOrigin) registerCrossOrigin(server, options.crossOrigin);
  registerJsonBodyParser(server);
  registerExpectContinue(server);
  routeUpgrades(server);

  /** Returns the response if the request is refused. */
  function authorize(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
    const ingressPolicy = getIngressPolicy(request);
    const rejection = ingressPolicy ? ingressPolicy.reject(request, reply) : authorizeRouter(request, reply);
    if (rejection) return rejection;
    if (!isHealthProbe(request) && !request.isUnverified)
      connections.markVerified(request.raw.socket, ingressPolicy?.trust ?? "router");
    const hasHost = request.headers.host !== undefined || request.raw.httpVersion === "1.0";
    return hasHost ? undefined : sendError(reply, 400, "BAD_REQUEST");
  }
  function authorizeRouter(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
    const hasCertificate = tls?.clientCa === undefined || (request.raw.socket as TLSSocket).authorized;
    const presented = getSingleValue(request.headers["router-authorization"]);
    if ((hasCertificate && isAuthorizedRouter(presented)) || isHealthProbe(request)) return undefined;
    request.isUnverified = hasCertificate && acceptsLateSecret(request);
    if (request.isUnverified) return undefined;
    const secretFailure = presented === undefined ? "router_secret_missing" : "router_secret_wrong";
    options.onUnauthenticated?.(hasCertificate ? secretFailure : "client_certificate_missing");
    return sendError(reply, 401, "UNAUTHENTICATED");
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
    const { method, routeOptions, errorCodes } = request;
    const durationMs = Math.round(reply.elapsedTime * 100) / 100;
    logger.debug(
      {
        requestId: request.id,
        method,
        route: routeOptions.url,
        status: reply.statusCode,
        ...(errorCodes && { errorCodes }),
        durationMs,
      },
      "request completed",
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
