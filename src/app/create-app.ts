import "reflect-metadata"; // before the first decorated class

import { createAuthentication } from "./authentication";
import { createGraphqlServer } from "./graphql-server";
import { createServer, listenOn } from "./http-server";
import { splitDocumentCacheBytes } from "./split-document-cache";
import { createAuthenticationLog } from "./authentication-log";
import { knownLabels } from "./known-labels";
import { observeBreakers, observeCalls, observeReads } from "./observe-calls";
import { createOperations } from "./operations";
import { createProviders, type ProviderTime } from "./providers";
import { reactions } from "./reactions";
import { type AppServices } from "./request-context";
import { createOperationRetention } from "./retention";
import { DEVELOPER_PATHS, GRAPHQL_PATH, registerRoutes } from "./routes";
import { createSubgraph } from "./schema";
import { openStores } from "./stores";
import { createSandboxConnection } from "./sandbox-connection";
import { type SandboxProviders } from "./reset-sandbox";
import { createSubscriptionTransports } from "./subscriptions";
import { createWebhooks } from "./webhooks";
import { type Config } from "../config/index";
import { createDatabaseMonitor } from "../platform/database/database-monitor";
import { createErrorFormatter } from "../platform/graphql/error-formatter";
import { createRequestErrorDescriber } from "../platform/graphql/request-errors/request-error-describer";
import { deriveLimits } from "../platform/graphql/limits/derive-limits";
import { findListFields } from "../platform/graphql/limits/list-fields";
import { createRequestGuard } from "../platform/graphql/limits/request-guard";
import { registerLifecycle } from "../platform/http/server/lifecycle";
import { systemClock } from "../platform/kernel/clock";
import { monotonicClock } from "../platform/kernel/monotonic-clock";
import { type Backlog } from "../platform/observability/backlog-gauges";
import { createLogger, type Logger } from "../platform/observability/logger";
import { createMetrics } from "../platform/observability/metrics";
import { createReadCache } from "../platform/reads/read-cache";

/** Claims of the printed token: a seeded member who is the payer of a seeded authorization. */
const DEVELOPER_CLAIMS = { sub: "u-1001", tax_id: "04623217035", scope: "pix:cancel" };

export interface AppOptions {
  readonly providerTime?: ProviderTime | undefined;
  /** In the sandbox only: the simulated providers. */
  readonly sandboxProviders?: SandboxProviders | undefined;
}

/** Creates what lives as long as the process, from top to bottom. It does not listen yet. */
export async function createApp(
  config: Config,
  logger: Logger = createLogger(config.telemetry.logLevel),
  { providerTime, sandboxProviders }: AppOptions = {},
) {
  const { isSandbox, limits } = config;
  // A provider on this host that is not the sandbox can be a tunnel to a real one.
  const mayCallRealProviders = config.mayCallRealProviders || sandboxProviders?.isComplete === false;
  const { requestTimeoutMs } = config.server;
  const metrics = createMetrics(knownLabels);
  const onUnauthenticated = createAuthenticationLog(logger, metrics, monotonicClock);

  const { avibra, delbank, ...providers } = createProviders(
    {
      avibra: config.avibra,
      delbank: config.delbank,
      calls: config.providerCalls,
      maxBodyBytes: limits.execution.providerBodyBytes,
    },
    {
      observer: observeCalls(logger, metrics),
      time: providerTime,
      onBreakerTransition: observeBreakers(logger, metrics),
      onAmbiguousDocument(party) {
        metrics.recordAmbiguousDocument(party);
      },
    },
  );
  const readCache = createReadCache({ monotonic: monotonicClock, ...config.readCache });
  const stores = await openStores(config.database, {
    isSandbox,
    mayCallRealProviders,
    logger,
    metrics,
    notificationIntervalMs: config.operations.reconcileIntervalMs,
  });
  const { database, operationStore, inbox, pubSub } = stores;

  const webhooks = createWebhooks({
    webhooks: config.webhooks,
    operations: config.operations,
    avibra: config.avibra,
    limits: limits.webhooks,
    onUnauthenticated,
    stores,
    metrics,
    logger,
  });
  const { runner, reconciler } = createOperations(config.operations, {
    requestTimeoutMs,
    portalUrl: config.avibra.portalUrl,
    logger,
    operationStore,
    avibra,
    delbank,
    afterExecution(operation) {
      reactions.operationExecuted(operation, { pubSub, metrics, matchStoredEvents: webhooks.matchStoredEvents });
    },
  });
  const retention = createOperationRetention(config.operations, { stores, logger });
  reactions.readsInvalidated(readCache, pubSub);
  const sandboxConnection = createSandboxConnection(sandboxProviders, {
    isSandbox,
    stores,
    webhooks,
    operations: config.operations,
    requestTimeoutMs,
    logger,
  });
  reactions.onSandboxReset({ readCache, providers }, pubSub);

  const { verifyToken, developer } = await createAuthentication(config.auth, {
    dataDirectory: config.database.dataDirectory,
    metrics,
    onUnauthenticated,
  });
  const services: AppServices = {
    avibra,
    delbank,
    operationStore,
    inbox,
    pubSub,
    runner,
    readCache,
    onRead: observeReads(metrics),
    verifyToken,
    monotonic: monotonicClock,
    requestTimeoutMs,
    requestLimits: { providerCalls: limits.documents.providerCalls, ...limits.execution },
    concurrency: { avibra: config.avibra.concurrency, delbank: config.delbank.concurrency },
  };

  const { schema } = await createSubgraph();
  const formatError = createErrorFormatter({ logger, shouldExposeSchema: isSandbox });
  const errorDescriber = createRequestErrorDescriber({ schema, shouldExposeSchema: isSandbox });
  const { exposeUpstreamCost } = config.telemetry;
  const apollo = createGraphqlServer({ schema, errorDescriber, formatError, isSandbox, exposeUpstreamCost, logger });
  await apollo.start();
  const documentBytes = splitDocumentCacheBytes(limits.execution.documentCacheBytes);
  const guard = createRequestGuard({
    limits: deriveLimits(limits.documents),
    listFields: findListFields(schema),
    cacheBytes: documentBytes.cache,
  });
  const subscriptions = createSubscriptionTransports(config.subscriptions, {
    limits: limits.subscriptions,
    corsOrigins: config.server.corsOrigins,
    maxDocumentBytes: documentBytes.subscriptions,
    requiresHttps: !isSandbox,
    routerSecrets: config.auth.routerSecrets,
    onUnauthenticated,
    schema,
    guard,
    services,
    errorDescriber,
    formatError,
    logger,
  });

  const { server, requestsInFlight } = createServer(config.server, {
    routerSecrets: config.auth.routerSecrets,
    onUnauthenticated,
    limits: limits.transport,
    crossOriginPaths: isSandbox ? [GRAPHQL_PATH, DEVELOPER_PATHS] : [GRAPHQL_PATH],
    logger,
  });
  const inFlight = () => requestsInFlight() + webhooks.inFlight();
  const lifecycle = registerLifecycle(server, {
    inFlight,
    checks: { database: async () => ({ ok: await database.isReachable() }) },
    // Reports only: while one provider is down, the other one's data is still served.
    reports: providers.healthReports,
    drainDelayMs: config.server.shutdownDelayMs,
    drainTimeoutMs: config.server.shutdownTimeoutMs,
    endSubscriptions: () => subscriptions.close(),
  });
  const databaseMonitor = createDatabaseMonitor<Backlog>({
    database,
    readSnapshot: async () => {
      await operationStore.reportCommandChanges();
      return {
        unsettled: await operationStore.countUnsettled(),
        due: await inbox.countBacklog(systemClock.now()),
      };
    },
    logger,
  });
  metrics.registerGauges({
    providers: providers.httpClients,
    readCache,
    tokenAgeMs: { avibra: () => avibra.tokenState().ageMs },
    requestsInFlight: inFlight,
    openConnections: server.connections.count,
    subscriptions: subscriptions.state,
    listeners: () => pubSub.listenerCount(),
    database: {
      isUp: databaseMonitor.isUp,
      connections: () => database.connections(),
      backlog: databaseMonitor.snapshot,
      clock: systemClock,
    },
  });
  registerRoutes(server, {
    apollo,
    guard,
    services,
    subscriptions,
    webhooks,
    metrics,
    developer,
    resetSandbox: sandboxConnection.reset,
    whenConnected: sandboxConnection.whenConnected,
    hasPlayground: config.server.playground,
    isSimulated: sandboxProviders !== undefined && !mayCallRealProviders,
  });

  return {
    /** Starts to listen; resolves to the URL. Throws ConfigError for an address that cannot be used. */
    async listen() {
      await databaseMonitor.pollOnce(); // the first scrape has every series
      const url = await listenOn(server, config.server);
      reconciler.start();
      retention.start();
      webhooks.start();
      databaseMonitor.start();
      await sandboxConnection.connect(url);
      return url;
    },
    /** What a developer needs to send requests; undefined if a key server is configured. */
    async getWelcome(url: string) {
      if (!developer) return undefined;
      return {
        url,
        token: await developer.issue(DEVELOPER_CLAIMS),
        hasPlayground: config.server.playground,
        requiresRouterSecret: config.auth.routerSecrets.length > 0,
      };
    },
    /** Stops gracefully; see `registerLifecycle`. */
    async stop() {
      logger.info("stopping");
      await Promise.all([reconciler.stop(), retention.stop(), lifecycle.stop(), databaseMonitor.stop()]);
      await webhooks.stop(); // after the last event was received: it is still processed
      await apollo.stop();
      await providers.close();
      await stores.close();
    },
  };
}
