import { type ApolloServer } from "@apollo/server";
import { type FastifyInstance } from "fastify";
import { createContext, type AppServices, type RequestContext } from "./request-context";
import { type createSubscriptionTransports } from "./subscriptions";
import { type createWebhooks } from "./webhooks";
import { type DeveloperIssuer } from "../platform/auth/developer-issuer";
import { registerGraphqlRoute } from "../platform/graphql/graphql-route";
import { type RequestGuard } from "../platform/graphql/limits/request-guard";
import { DEVELOPER_TOKEN_PATH, registerDeveloperToken } from "../platform/http/server/developer-token-route";
import {
  DEVELOPER_RESET_PATH,
  registerDeveloperReset,
  type ResetOutcome,
} from "../platform/http/server/developer-reset-route";
import { type Metrics } from "../platform/observability/metrics";
import { registerMetrics } from "../platform/observability/metrics-route";
import { registerPlayground } from "../playground/playground";

export const GRAPHQL_PATH = "/graphql";
/** What only the sandbox serves. */
export const DEVELOPER_PATHS = "/dev/";

export interface RoutesOptions {
  readonly apollo: ApolloServer<RequestContext>;
  readonly guard: RequestGuard;
  readonly services: AppServices;
  readonly subscriptions: ReturnType<typeof createSubscriptionTransports>;
  readonly webhooks: ReturnType<typeof createWebhooks>;
  readonly metrics: Metrics;
  /** In the sandbox only. */
  readonly developer: DeveloperIssuer | undefined;
  /** In the sandbox only. */
  readonly resetSandbox: (() => Promise<ResetOutcome>) | undefined;
  /** Passes on requests as soon as the sandbox has sent its first events. */
  readonly whenConnected: <Result>(run: () => Promise<Result>) => Promise<Result>;
  readonly hasPlayground: boolean;
  /** Whether both providers are certainly simulated. */
  readonly isSimulated: boolean;
}

/** Registers every route except `/health/…`, which `registerLifecycle` registers. */
export function registerRoutes(server: FastifyInstance, options: RoutesOptions): void {
  const { apollo, guard, services, subscriptions, webhooks, metrics, developer, hasPlayground, isSimulated } = options;
  const { resetSandbox, whenConnected } = options;
  registerMetrics(server, metrics);
  registerGraphqlRoute(server, {
    path: GRAPHQL_PATH,
    apollo,
    createContext: ({ id, headers }, analysis, disconnected) =>
      whenConnected(() => createContext({ id, headers, disconnected }, analysis, services)),
    guard,
    getRequestLevelError({ responseBudget, requestLevelError }, responseBody) {
      responseBudget.checkSize(responseBody);
      return requestLevelError();
    },
    acceptWebSocket: subscriptions.acceptWebSocket,
    acceptCallback: subscriptions.acceptCallback,
  });
  webhooks.register(server);
  if (developer) registerDeveloperToken(server, developer);
  if (resetSandbox) registerDeveloperReset(server, resetSandbox);
  if (hasPlayground) {
    registerPlayground(server, {
      graphqlPath: GRAPHQL_PATH,
      ...(developer && { developerTokenUrl: DEVELOPER_TOKEN_PATH }),
      ...(isSimulated && { sandboxResetUrl: DEVELOPER_RESET_PATH }),
    });
  }
}
