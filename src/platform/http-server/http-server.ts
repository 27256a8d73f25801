import { type Server } from "node:http";
import { type TLSSocket } from "node:tls";
import fastify, {
  type FastifyError,
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { describeError } from "../errors/describe-error";
import { requestIdOf } from "../errors/request-id";
import { SubgraphError } from "../errors/subgraph-error";
import { type Admission, type Place } from "../limits/admission";
import { type Logger } from "../telemetry/logger";
import { createClientErrorHandler } from "./client-error";
import { takeExpectations } from "./expectations";
import { isHealthProbe } from "./health-probe";
import { type Entrance } from "./entrance";
import { takeJsonOnly } from "./json-body";
import { refuse } from "./refusal";
import { SECURITY_HEADERS, TLS_HEADERS } from "./security-headers";
import { isWebSocket, routeUpgrades } from "./upgrades";

declare module "fastify" {
  interface FastifyRequest {
    /** What is done for a request beyond its connection: it is under way until this has ended, even if its client went away. */
    work: Promise<unknown> | null;
    /** Where requests are counted, the room it takes. */
    place: Place | null;
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
  /** Certificate and key as PEM text; with `clientCa` every path but health demands a certificate of that authority. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
}

function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" ? header : undefined;
}

/** How much of a request's body will be held in memory; one of unknown length may be as long as any. */
function bodyBytesOf({ headers, routeOptions }: FastifyRequest): number {
  const maxBodyBytes = routeOptions.bodyLimit;
  if (headers["transfer-encoding"] !== undefined) return maxBodyBytes;
  return Math.min(Number(headers["content-length"] ?? 0), maxBodyBytes);
}

/** A route's own; there is none yet where the path could not be read. */
function entranceOf({ routeOptions }: FastifyRequest): Entrance | undefined {
  return (routeOptions as Partial<FastifyRequest["routeOptions"]>).config?.entrance;
}

function isCompressed({ headers }: FastifyRequest): boolean {
  return !/^(identity)?$/i.test(headers["content-encoding"] ?? "");
}

/** What Fastify needs to speak http, or https. Its types tell the two apart; what is registered on a server does not. */
function protocolOf({ tls, maxHeaderBytes }: HttpServerOptions): FastifyHttpOptions<Server> {
  // A header that comes twice reads as both with a comma: of two tokens or secrets neither is picked.
  // One without a host is refused by `admit`: Node would answer it before anybody has looked at who is asking.
  const parser = {
    joinDuplicateHeaders: true,
    maxHeaderSize: maxHeaderBytes,
    requireHostHeader: false,
    shouldUpgradeCallback: isWebSocket,
  };
  if (!tls) return { http: parser };
  const { cert, key, clientCa } = tls;
  // Asked for, not demanded in the handshake: health is asked without a certificate. `admit` demands it.
  const client = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false };
  return { https: { ...parser, minVersion: "TLSv1.2", cert, key, ...client } } as FastifyHttpOptions<Server>;
}

/** The HTTP server without its routes: who may connect and call at all (health is open), limits, refusals, access log. */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const { logger, maxBodyBytes, maxHeaderBytes, admission, mayCall, tls } = options;
  const tooLarge = (what: string, most: number) =>
    new SubgraphError("LIMIT_EXCEEDED", { message: `The request's ${what} may have at most ${most} bytes.` });
  const headers = { ...SECURITY_HEADERS, ...(tls && TLS_HEADERS) };
  const server = fastify({
    ...protocolOf(options),
    logger: false,
    bodyLimit: maxBodyBytes,
    genReqId: (request) => requestIdOf(request.headers["x-request-id"]),
    requestTimeout: 30_000, // for the request itself to arrive: slow senders are cut off
    return503OnClosing: false,
    clientErrorHandler: createClientErrorHandler({ headers, tooLarge: tooLarge("header", maxHeaderBytes) }),
    frameworkErrors: (_error, request, reply) => {
      void (admit(request, reply) ?? refuse(reply, 400, "BAD_REQUEST")); // a path that is no URL: no hook runs for it
    },
    forceCloseConnections: "idle",
  });
  takeJsonOnly(server);
  const askForBody = takeExpectations(server);
  routeUpgrades(server);

  /** The first thing that happens to every request; the refusal, if it is one. */
  function admit(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
    reply.headers(headers).header("x-request-id", request.id);
    const entrance = entranceOf(request);
    const refusal = entrance ? entrance.turnAway(request, reply) : admitRouter(request, reply);
    if (refusal) return refusal;
    const hasHost = request.headers.host !== undefined || request.raw.httpVersion === "1.0";
    return hasHost ? undefined : refuse(reply, 400, "BAD_REQUEST");
  }
  function admitRouter(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
    const hasCertificate = tls?.clientCa === undefined || (request.raw.socket as TLSSocket).authorized;
    const isRouter = hasCertificate && mayCall(textOf(request.headers["router-authorization"]));
    return isRouter || isHealthProbe(request) ? undefined : refuse(reply, 401, "UNAUTHENTICATED");
  }
  server.decorateRequest("work", null);
  server.decorateRequest("place", null);
  server.addHook("onRequest", async (request, reply) => {
    const refusal = admit(request, reply);
    if (refusal || isHealthProbe(request)) return refusal;
    if (isCompressed(request)) return refuse(reply, 415, "UNSUPPORTED_MEDIA_TYPE");
    const place = (entranceOf(request)?.admission ?? admission).enter(bodyBytesOf(request));
    if (!place) return refuse(reply.header("retry-after", "1"), 503, "UNAVAILABLE");
    request.place = place;
    reply.raw.once("close", () => void Promise.allSettled([request.work]).then(place.leave)); // also when the client went away
    askForBody(reply);
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
    if (status === 413) return refuse(reply, 413, tooLarge("body", request.routeOptions.bodyLimit));
    if (status === 415) return refuse(reply, 415, "UNSUPPORTED_MEDIA_TYPE");
    if (status < 500) return refuse(reply, status, "BAD_REQUEST");
    logger.error({ requestId: request.id, ...describeError(error) }, "unexpected error");
    return refuse(reply, 500, "INTERNAL");
  });
  return server;
}
