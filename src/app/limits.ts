import { type LimitsConfig } from "../config/variables/limits";
import { type ServerConfig } from "../config/variables/server";
import { type ConnectionLimits } from "../platform/http/server/connections";

/** Divides the memory of documents, in bytes: three quarters for the cache, one for those of open subscriptions. */
export function splitDocumentCacheBytes(totalBytes: number) {
  const subscriptions = Math.floor(totalBytes / 4);
  return { cache: totalBytes - subscriptions, subscriptions };
}

/** The limits of connections. Without a router secret nothing distinguishes a router from other clients of one address. */
export function buildConnectionLimits(
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
