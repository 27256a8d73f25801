import "reflect-metadata"; // before the first decorated class

import { createGraphqlServer } from "./graphql-server";
import { createAuthentication } from "./authentication";
import { buildConnectionLimits, splitDocumentCacheBytes, buildRequestLimits } from "./limits";
import { createOperations } from "./operations";
import { createProviders } from "./providers";
import { openStores, publishInvalidation } from "./stores";
import { createSubscriptionTransports } from "./subscriptions";
import { createWebhooks } from "./webhooks";
import { type Config } from "../config/index";
import { createContext, type AppServices } from "./request-context";
import { DEVELOPER_TOKEN_PATH, registerDeveloperToken } from "../platform/http/server/developer-token-route";
import { createRouterSecretCheck } from "../platform/auth/secret-check";
import { createErrorFormatter } from "../platform/graphql/error-formatter";
import { findListFields } from "../platform/graphql/limits/list-fields";
import { registerGraphql } from "../platform/graphql/graphql-route";
import { createHttpServer } from "../platform/http/server/http-server";
import { registerLifecycle } from "../platform/http/server/lifecycle";
import { listen } from "../platform/http/server/listen";
import { createAdmission } from "../platform/http/server/admission";
import { createRequestGuard } from "../platform/graphql/limits/request-guard";
import { isSettled } from "../platform/operations/operation-status.state";
import { type ReportedOperation } from "../platform/operations/operation";
import { operationTags } from "../platform/reads/read-tags";
import { createReadCache } from "../platform/reads/read-cache";
import { topics } from "../platform/pubsub/topics";
import { createLogger, type Logger } from "../platform/observability/logger";
import { createMetrics } from "../platform/observability/metrics";
import { registerMetrics } from "../platform/observability/metrics-route";
import { observeCalls, observeReads } from "./observe-calls";
import { monotonicClock } from "../platform/kernel/monotonic-clock";
import { registerPlayground } from "../playground/playground";
import { createSubgraph } from "./schema";

const GRAPHQL_PATH = "/graphql";

/** Whom the printed token is for: a seeded member who pays by a seeded authorization. */
const DEVELOPER_CLAIMS = { sub: "u-1001", tax_id: "04623217035", scope: "pix:cancel" };

function buildTlsOptions({ TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_CLIENT_CA_FILE: clientCa }: Config) {
  if (cert === undefined || key === undefined) return undefined;
  return { cert, key, ...(clientCa !== undefined && { clientCa }) };
}

/** Builds everything that lives long, once, from top to bottom. Nothing listens yet. */
export async function createApp(config: Config, logger: Logger = createLogger(config.LOG_LEVEL)) {
  const metrics = createMetrics();
  const { avibra, delbank, clients, ...providers } = createProviders(config, observeCalls(logger, metrics), (party) => {
    metrics.recordAmbiguousDocument(party);
  });
  const readCache = createReadCache({
    clock: monotonicClock,
    freshMs: config.READ_CACHE_MS,
    staleWhileRevalidateMs: config.READ_CACHE_STALE_MS,
    staleIfErrorMs: config.READ_CACHE_STALE_IF_ERROR_MS,
    maxBytes: config.READ_CACHE_BYTES,
  });
  const stores = await openStores(config, logger);
  const { database, operationStore, inbox, pubSub } = stores;
  const webhooks = createWebhooks(config, logger, { stores, metrics });
  pubSub.subscribe(
    topics.readsInvalidated,
    ({ key }) => {
      readCache.invalidate(key);
    },
    () => {
      readCache.invalidateAll();
    },
  );
  const afterAttempt = (operation: ReportedOperation) => {
    if (!isSettled(operation.status)) publishInvalidation(operation, pubSub); // else they were told of with it
    metrics.recordOperation(operation.kind, operation.status);
    webhooks.matchStoredEvents(operation);
  };
  const { runner, reconciler } = createOperations(config, logger, { operationStore, avibra, delbank, afterAttempt });
  const { verifyToken, developer } = await createAuthentication(config, metrics);

  const { schema } = await createSubgraph();
  const formatError = createErrorFormatter({ logger, shouldExposeSchema: config.isSandbox });
  const apollo = createGraphqlServer(config, logger, { schema, formatError });
  await apollo.start();

  const onRead = observeReads(metrics);
  const invalidateReads: AppServices["invalidateReads"] = (operation) => {
    for (const key of operationTags(operation)) readCache.invalidate(key);
  };
  const services = {
    ...{ avibra, delbank, operationStore, inbox, pubSub, runner, readCache, invalidateReads, onRead },
    ...{ verifyToken, clock: monotonicClock, config },
  };
  const guard = createRequestGuard({
    limits: buildRequestLimits(config),
    listFields: findListFields(schema),
    cacheBytes: splitDocumentCacheBytes(config).cache,
  });
  const subscriptions = createSubscriptionTransports(config, logger, { schema, guard, services, formatError });

  const isAuthorizedRouter = createRouterSecretCheck(config.ROUTER_SECRETS);
  const admission = createAdmission({
    maxRequests: config.LIMIT_CONCURRENT_REQUESTS,
    maxTotalBodyBytes: config.LIMIT_BODIES_BYTES,
  });
  const tls = buildTlsOptions(config);
  const server = createHttpServer({
    logger,
    maxBodyBytes: config.LIMIT_BODY_BYTES,
    maxHeaderBytes: config.LIMIT_HEADER_BYTES,
    admission,
    connections: buildConnectionLimits(config),
    isAuthorizedRouter,
    ...(tls && { tls }),
  });
  const inFlight = () => admission.inFlight() + webhooks.inFlight();
  const lifecycle = registerLifecycle(server, {
    inFlight,
    checks: { database: async () => ({ ok: await database.isReachable() }) },
    // A provider that is down is no reason to take the other one's data away as well.
    reports: {
      avibraToken: () => {
        const { isFailing, ...state } = avibra.tokenState();
        return { ok: state.held || !isFailing, ...state };
      },
      circuitBreakers: () => ({
        ok: true,
        ...Object.fromEntries(Object.values(clients).flatMap(({ state }) => Object.entries(state().breakers))),
      }),
    },
    drainDelayMs: config.SHUTDOWN_DELAY_MS,
    drainTimeoutMs: config.SHUTDOWN_TIMEOUT_MS,
    endSubscriptions: () => subscriptions.close(),
  });
  metrics.registerGauges({
    providers: clients,
    readCache,
    tokenAgeMs: () => avibra.tokenState().ageMs,
    requestsInFlight: inFlight,
    openConnections: server.connections.count,
    subscriptions: subscriptions.state,
    listeners: () => pubSub.listenerCount(),
  });
  registerMetrics(server, metrics);
  registerGraphql(server, {
    path: GRAPHQL_PATH,
    apollo,
    createContext: (request, cost) => createContext(request, cost, services),
    guard,
    getRequestLevelError: ({ responseBudget, requestLevelError }, text) => {
      responseBudget.checkSize(text);
      return requestLevelError();
    },
    acceptWebSocket: subscriptions.acceptWebSocket,
    acceptCallback: subscriptions.acceptCallback,
  });
  webhooks.register(server);
  if (developer) registerDeveloperToken(server, developer);
  if (config.PLAYGROUND) {
    registerPlayground(server, {
      graphqlPath: GRAPHQL_PATH,
      ...(developer && { developerTokenUrl: DEVELOPER_TOKEN_PATH }),
    });
  }

  return {
    /** Starts to listen; answers with the URL. */
    async listen() {
      const url = await listen(server, { host: config.HOST, port: config.PORT });
      reconciler.start();
      webhooks.start();
      return url;
    },
    /** A developer token for a seeded member; undefined where tokens come from elsewhere. */
    developerToken: () => developer?.issue(DEVELOPER_CLAIMS),
    /** Stops gracefully; see `registerLifecycle`. */
    async stop() {
      await Promise.all([reconciler.stop(), lifecycle.stop()]);
      await webhooks.stop(); // what was taken in while it drained is looked at once more
      await apollo.stop();
      await providers.close();
      await stores.close();
    },
  };
}
