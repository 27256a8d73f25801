import { setTimeout as sleep } from "node:timers/promises";
import { type GraphQLSchema } from "graphql";
import { type LimitsConfig } from "../config/variables/limits";
import { type SubscriptionsConfig } from "../config/variables/subscriptions";
import { type ReportAuthenticationFailure } from "./authentication-log";
import { createContext, type AppServices } from "./request-context";
import { type createErrorFormatter } from "../platform/graphql/error-formatter";
import { type RequestGuard } from "../platform/graphql/limits/request-guard";
import { type RequestErrorDescriber } from "../platform/graphql/request-errors/request-error-describer";
import { createCallbackClient } from "../platform/graphql/subscriptions/callback/callback.client";
import { createCallbackRoute } from "../platform/graphql/subscriptions/callback/callback-route";
import { createCallbackProtocol } from "../platform/graphql/subscriptions/callback/callback-protocol";
import { createMemoryBudget } from "../platform/graphql/subscriptions/memory-budget";
import { createQuota } from "../platform/kernel/quota";
import { createSubscriptions } from "../platform/graphql/subscriptions/subscriptions";
import { createSseRoute } from "../platform/graphql/subscriptions/sse/sse-route";
import { createWebSocketServer } from "../platform/graphql/subscriptions/websocket/websocket-server";
import { createRouterSecretCheck } from "../platform/auth/secret-check";
import { createOriginCheck } from "../platform/http/server/allowed-origins";
import { type Logger } from "../platform/observability/logger";

export interface SubscriptionOptions {
  readonly limits: LimitsConfig["subscriptions"];
  /** Other origins whose pages may open a WebSocket. */
  readonly corsOrigins: readonly string[];
  /** Maximum size of open subscriptions' documents and variables, in bytes. */
  readonly maxDocumentBytes: number;
  /** Callbacks only to https URLs. */
  readonly requiresHttps: boolean;
  /** Compared with the secret of a WebSocket's `connection_init`. */
  readonly routerSecrets: readonly string[];
  readonly onUnauthenticated: ReportAuthenticationFailure;
  readonly schema: GraphQLSchema;
  readonly guard: RequestGuard;
  readonly services: AppServices;
  readonly errorDescriber: RequestErrorDescriber;
  readonly formatError: ReturnType<typeof createErrorFormatter>;
  readonly logger: Logger;
}

/** Creates the subscriptions and their transports: server-sent events, WebSocket and HTTP callback. */
export function createSubscriptionTransports(config: SubscriptionsConfig, options: SubscriptionOptions) {
  const { limits, schema, guard, errorDescriber, services, formatError, logger } = options;
  const maxPerCaller = limits.subscriptionsPerCaller;
  const subscriptions = createSubscriptions({
    schema,
    guard,
    errorDescriber,
    createContext: ({ id, authorization }, analysis, lifetime) =>
      createContext({ id, headers: { authorization }, ...lifetime }, analysis, services),
    formatError,
    quota: createQuota({ max: limits.subscriptions, maxPerCaller }),
    memory: createMemoryBudget(options.maxDocumentBytes),
    tokenCheckIntervalMs: config.heartbeatMs,
  });
  const webSockets = createWebSocketServer({
    schema,
    subscriptions,
    logger,
    verifyToken: services.verifyToken,
    quota: createQuota({ max: limits.webSockets, maxPerCaller }),
    maxConnections: limits.webSockets,
    maxUnverified: limits.unverifiedWebSockets,
    isAuthorizedRouter: createRouterSecretCheck(options.routerSecrets),
    onUnauthenticated: options.onUnauthenticated,
    maxMessageBytes: limits.webSocketMessageBytes,
    maxUnsentBytes: limits.webSocketUnsentBytes,
    initTimeoutMs: config.webSocketInitTimeoutMs,
    secretTimeoutMs: config.webSocketSecretTimeoutMs,
    pingMs: config.heartbeatMs,
    isAllowedOrigin: createOriginCheck(options.corsOrigins),
  });
  const eventStreams = createSseRoute({ subscriptions, keepAliveMs: config.heartbeatMs, logger });
  const client = createCallbackClient({ timeoutMs: config.callbackTimeoutMs });
  const callbacks = createCallbackProtocol({
    subscriptions,
    client,
    policy: {
      hosts: config.callbackHosts,
      privateHosts: config.callbackPrivateHosts,
      requiresHttps: options.requiresHttps,
    },
    logger,
    random: Math.random,
  });
  return {
    acceptWebSocket: webSockets.accept,
    acceptsLateSecret: limits.unverifiedWebSockets > 0,
    acceptEventStream: eventStreams.accept,
    acceptCallback: createCallbackRoute(callbacks),
    state: () => ({ open: subscriptions.count(), webSockets: webSockets.count() }),
    /** Ends every subscription and closes its transport. */
    async close() {
      const ended = Promise.all([subscriptions.close(), callbacks.close(), eventStreams.close()]);
      await Promise.race([ended, sleep(config.endTimeoutMs, undefined, { ref: false })]);
      client.close();
      await webSockets.close();
    },
  };
}
