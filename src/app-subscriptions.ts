import { setTimeout as sleep } from "node:timers/promises";
import { type GraphQLSchema } from "graphql";
import { documentBytes } from "./app-limits";
import { type Config } from "./config";
import { createContext, type LongLived } from "./context";
import { type createErrorFunnel } from "./platform/errors/format-error";
import { type RequestGuard } from "./platform/limits/request-guard";
import { createCallbackClient } from "./platform/subscriptions/callback.client";
import { createCallbackRoute } from "./platform/subscriptions/callback-route";
import { createCallbacks } from "./platform/subscriptions/callbacks";
import { createHeldBytes } from "./platform/subscriptions/held-bytes";
import { createShares } from "./platform/subscriptions/shares";
import { createSubscriptions } from "./platform/subscriptions/subscriptions";
import { createWebSockets } from "./platform/subscriptions/websockets";
import { type Logger } from "./platform/telemetry/logger";

/** How long clients and routers may take to read that their subscription has ended. */
const END_TIMEOUT_MS = 1000;

export interface SubscriptionOptions {
  readonly schema: GraphQLSchema;
  readonly guard: RequestGuard;
  readonly longLived: LongLived;
  readonly formatError: ReturnType<typeof createErrorFunnel>;
}

/** Subscriptions, and the transports that carry them. */
export function createSubscriptionTransports(
  config: Config,
  logger: Logger,
  { schema, guard, longLived, formatError }: SubscriptionOptions,
) {
  const mostEach = config.LIMIT_SUBSCRIPTIONS_PER_CALLER;
  const subscriptions = createSubscriptions({
    schema,
    guard,
    createContext: ({ id, authorization }, cost, ended) =>
      createContext({ id, headers: { authorization }, ended }, cost, longLived),
    formatError,
    shares: createShares({ most: config.LIMIT_SUBSCRIPTIONS, mostEach }),
    held: createHeldBytes(documentBytes(config).subscriptions),
    checkMs: config.SUBSCRIPTION_HEARTBEAT_MS,
  });
  const webSockets = createWebSockets({
    schema,
    subscriptions,
    logger,
    verifyToken: longLived.verifyToken,
    shares: createShares({ most: config.LIMIT_WEBSOCKETS, mostEach }),
    maxConnections: config.LIMIT_WEBSOCKETS,
    maxMessageBytes: config.LIMIT_WEBSOCKET_MESSAGE_BYTES,
    maxUnsentBytes: config.LIMIT_WEBSOCKET_UNSENT_BYTES,
    initTimeoutMs: config.WEBSOCKET_INIT_TIMEOUT_MS,
    pingMs: config.SUBSCRIPTION_HEARTBEAT_MS,
    origins: config.WEBSOCKET_ORIGINS,
  });
  const client = createCallbackClient({ timeoutMs: config.SUBSCRIPTION_CALLBACK_TIMEOUT_MS });
  const callbacks = createCallbacks({
    subscriptions,
    client,
    policy: {
      hosts: config.SUBSCRIPTION_CALLBACK_HOSTS,
      privateHosts: config.SUBSCRIPTION_CALLBACK_PRIVATE_HOSTS,
      demandsHttps: !config.isSandbox,
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
