import { setTimeout as sleep } from "node:timers/promises";
import { type GraphQLSchema } from "graphql";
import { splitDocumentCacheBytes } from "./limits";
import { type Config } from "../config/index";
import { createContext, type AppServices } from "./request-context";
import { type createErrorFormatter } from "../platform/graphql/error-formatter";
import { type RequestGuard } from "../platform/graphql/limits/request-guard";
import { createCallbackClient } from "../platform/graphql/subscriptions/callback/callback.client";
import { createCallbackRoute } from "../platform/graphql/subscriptions/callback/callback-route";
import { createCallbackProtocol } from "../platform/graphql/subscriptions/callback/callback-protocol";
import { createMemoryBudget } from "../platform/graphql/subscriptions/memory-budget";
import { createQuota } from "../platform/kernel/quota";
import { createSubscriptions } from "../platform/graphql/subscriptions/subscriptions";
import { createWebSocketServer } from "../platform/graphql/subscriptions/websocket/websocket-server";
import { type Logger } from "../platform/observability/logger";

/** How long clients and routers may take to read that their subscription has ended. */
const END_TIMEOUT_MS = 1000;

export interface SubscriptionOptions {
  readonly schema: GraphQLSchema;
  readonly guard: RequestGuard;
  readonly services: AppServices;
  readonly formatError: ReturnType<typeof createErrorFormatter>;
}

/** Subscriptions, and the transports that carry them. */
export function createSubscriptionTransports(
  config: Config,
  logger: Logger,
  { schema, guard, services, formatError }: SubscriptionOptions,
) {
  const maxPerCaller = config.LIMIT_SUBSCRIPTIONS_PER_CALLER;
  const subscriptions = createSubscriptions({
    schema,
    guard,
    createContext: ({ id, authorization }, cost, signal) =>
      createContext({ id, headers: { authorization }, signal }, cost, services),
    formatError,
    quota: createQuota({ max: config.LIMIT_SUBSCRIPTIONS, maxPerCaller }),
    memory: createMemoryBudget(splitDocumentCacheBytes(config).subscriptions),
    tokenCheckIntervalMs: config.SUBSCRIPTION_HEARTBEAT_MS,
  });
  const webSockets = createWebSocketServer({
    schema,
    subscriptions,
    logger,
    verifyToken: services.verifyToken,
    quota: createQuota({ max: config.LIMIT_WEBSOCKETS, maxPerCaller }),
    maxConnections: config.LIMIT_WEBSOCKETS,
    maxMessageBytes: config.LIMIT_WEBSOCKET_MESSAGE_BYTES,
    maxUnsentBytes: config.LIMIT_WEBSOCKET_UNSENT_BYTES,
    initTimeoutMs: config.WEBSOCKET_INIT_TIMEOUT_MS,
    pingMs: config.SUBSCRIPTION_HEARTBEAT_MS,
    allowedOrigins: config.WEBSOCKET_ORIGINS,
  });
  const client = createCallbackClient({ timeoutMs: config.SUBSCRIPTION_CALLBACK_TIMEOUT_MS });
  const callbacks = createCallbackProtocol({
    subscriptions,
    client,
    policy: {
      hosts: config.SUBSCRIPTION_CALLBACK_HOSTS,
      privateHosts: config.SUBSCRIPTION_CALLBACK_PRIVATE_HOSTS,
      requiresHttps: !config.isSandbox,
    },
    logger,
    random: Math.random,
  });
  return {
    acceptWebSocket: webSockets.accept,
    acceptCallback: createCallbackRoute(callbacks),
    state: () => ({ open: subscriptions.count(), webSockets: webSockets.count() }),
    /** Ends every subscription, and what carries it. */
    async close() {
      const ended = Promise.all([subscriptions.close(), callbacks.close()]);
      await Promise.race([ended, sleep(END_TIMEOUT_MS, undefined, { ref: false })]);
      client.close();
      await webSockets.close();
    },
  };
}
