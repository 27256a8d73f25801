import { type Config } from "../config/index";
import { type ConnectionLimits } from "../platform/http/server/connections";
import { type Limits } from "../platform/graphql/limits/limit.errors";

/** What one GraphQL request is held to, from its variables. */
export function buildRequestLimits(config: Config): Limits {
  return {
    characters: config.LIMIT_CHARACTERS,
    lines: config.LIMIT_LINES,
    tokens: config.LIMIT_TOKENS,
    depth: config.LIMIT_DEPTH,
    fields: config.LIMIT_FIELDS,
    repeats: config.LIMIT_REPEATS,
    aliases: config.LIMIT_ALIASES,
    fragments: config.LIMIT_FRAGMENTS,
    directives: config.LIMIT_DIRECTIVES,
    variables: config.LIMIT_VARIABLES,
    inputValues: config.LIMIT_INPUT_VALUES,
    inputDepth: config.LIMIT_INPUT_DEPTH,
    representations: config.LIMIT_REPRESENTATIONS,
    cost: config.LIMIT_COST,
    providerCalls: config.LIMIT_PROVIDER_CALLS,
  };
}

/** How the memory of documents is shared out: those that are kept because they were seen twice, and those of open subscriptions. */
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
