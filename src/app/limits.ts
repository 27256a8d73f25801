import { type Config } from "../config/index";
import { type ConnectionLimits } from "../platform/http/server/connections";
import { deriveLimits, type Limits } from "../platform/graphql/limits/derive-limits";

/** The limits of one GraphQL request. */
export function buildRequestLimits(config: Config): Limits {
  return deriveLimits({
    tokens: config.LIMIT_TOKENS,
    depth: config.LIMIT_DEPTH,
    fields: config.LIMIT_FIELDS,
    aliases: config.LIMIT_ALIASES,
    representations: config.LIMIT_REPRESENTATIONS,
    cost: config.LIMIT_COST,
    providerCalls: config.LIMIT_PROVIDER_CALLS,
  });
}

/** Divides the memory of documents between the cache and open subscriptions. */
export function splitDocumentCacheBytes({ LIMIT_DOCUMENT_CACHE_BYTES: totalBytes }: Config) {
  const subscriptions = Math.floor(totalBytes / 4);
  return { cache: totalBytes - subscriptions, subscriptions };
}

/** What connections are held to. Without a router secret there is nothing that tells a router from a stranger. */
export function buildConnectionLimits(config: Config): ConnectionLimits {
  return {
    maxConnections: config.LIMIT_CONNECTIONS,
    maxUnverifiedPerAddress: config.ROUTER_SECRETS.length === 0 ? 0 : config.LIMIT_CONNECTIONS_PER_ADDRESS,
    keepAliveTimeoutMs: config.KEEP_ALIVE_TIMEOUT_MS,
    receiveTimeoutMs: config.RECEIVE_TIMEOUT_MS,
    sendTimeoutMs: config.SEND_TIMEOUT_MS,
  };
}
