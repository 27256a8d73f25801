import { type FastifyInstance } from "fastify";
import { type ReportAuthenticationFailure } from "./authentication-log";
import { type LimitsConfig } from "../config/variables/limits";
import { type ServerConfig } from "../config/variables/server";
import { createRouterSecretCheck } from "../platform/auth/secret-check";
import { ConfigError } from "../config/config.errors";
import { createAdmission } from "../platform/http/server/admission";
import { type ConnectionLimits } from "../platform/http/server/connections";
import { createHttpServer } from "../platform/http/server/http-server";
import { listen } from "../platform/http/server/listen";
import { type Logger } from "../platform/observability/logger";

function buildTlsOptions({ tlsCert: cert, tlsKey: key, tlsClientCa: clientCa }: ServerConfig) {
  if (cert === undefined || key === undefined) return undefined;
  return { cert, key, ...(clientCa !== undefined && { clientCa }) };
}

/** The limits of connections. Without a router secret nothing distinguishes a router from other clients of one address. */
function buildConnectionLimits(
  server: Pick<ServerConfig, "keepAliveTimeoutMs" | "receiveTimeoutMs" | "sendTimeoutMs">,
  { connections, connectionsPerAddress }: LimitsConfig["transport"],
  hasRouterSecret: boolean,
): ConnectionLimits {
  return {
    maxConnections: connections,
    maxUnverifiedPerAddress: hasRouterSecret ? connectionsPerAddress : 0,
    keepAliveTimeoutMs: server.keepAliveTimeoutMs,
    receiveTimeoutMs: server.receiveTimeoutMs,
    sendTimeoutMs: server.sendTimeoutMs,
  };
}

export interface ServerOptions {
  readonly routerSecrets: readonly string[];
  readonly limits: LimitsConfig["transport"];
  /** The paths that pages of CORS_ORIGINS can call. */
  readonly crossOriginPaths: readonly string[];
  readonly logger: Logger;
  readonly onUnauthenticated: ReportAuthenticationFailure;
}

/** Creates the HTTP server; it has no routes yet. */
export function createServer(config: ServerConfig, options: ServerOptions) {
  const { routerSecrets, limits, logger, onUnauthenticated } = options;
  const admission = createAdmission({
    maxRequests: limits.concurrentRequests,
    maxTotalBodyBytes: limits.totalBodyBytes,
  });
  const tls = buildTlsOptions(config);
  const server = createHttpServer({
    logger,
    maxBodyBytes: limits.bodyBytes,
    maxHeaderBytes: limits.headerBytes,
    admission,
    connections: buildConnectionLimits(config, limits, routerSecrets.length > 0),
    crossOrigin: { origins: config.corsOrigins, paths: options.crossOriginPaths },
    isAuthorizedRouter: createRouterSecretCheck(routerSecrets),
    onUnauthenticated,
    ...(tls && { tls }),
  });
  return { server, requestsInFlight: admission.inFlight };
}

/** Listens and returns the URL. Throws ConfigError for an address or port that cannot be used. */
export async function listenOn(server: FastifyInstance, { host, port }: ServerConfig): Promise<string> {
  return listen(server, { host, port }).catch((error: unknown) => {
    const { code, syscall } = error as { code?: unknown; syscall?: unknown };
    if (code === "EADDRINUSE") throw new ConfigError([`PORT: ${port} is in use`]);
    const isAddressError = syscall === "listen" || syscall === "getaddrinfo";
    throw isAddressError ? new ConfigError([`HOST, PORT: the address cannot be listened on (${String(code)})`]) : error;
  });
}
