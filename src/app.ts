import "reflect-metadata"; // before the first decorated class

import { createApollo } from "./app-apollo";
import { createCallers } from "./app-callers";
import { connectionLimitsOf, documentBytes, limitsOf } from "./app-limits";
import { createOperations } from "./app-operations";
import { createProviders } from "./app-providers";
import { openStores, tellReadsOld } from "./app-stores";
import { createSubscriptionTransports } from "./app-subscriptions";
import { createWebhooks } from "./app-webhooks";
import { type Config } from "./config";
import { createContext, type LongLived } from "./context";
import { DEVELOPER_TOKEN_PATH, registerDeveloperToken } from "./platform/auth/developer-token-route";
import { createRouterSecretCheck } from "./platform/auth/secret-check";
import { createErrorFunnel } from "./platform/errors/format-error";
import { listFieldsOf } from "./platform/graphql/list-fields";
import { registerGraphql } from "./platform/http-server/graphql-route";
import { createHttpServer } from "./platform/http-server/http-server";
import { registerLifecycle } from "./platform/http-server/lifecycle";
import { listen } from "./platform/http-server/listen";
import { createAdmission } from "./platform/limits/admission";
import { createRequestGuard } from "./platform/limits/request-guard";
import { isSettled } from "./platform/ledger/operation-status.state";
import { type Operation } from "./platform/ledger/operation.type";
import { readsAbout } from "./platform/loaders/read-subjects";
import { createSharedReads } from "./platform/loaders/shared-reads";
import { topics } from "./platform/signals/topics";
import { createLogger, type Logger } from "./platform/telemetry/logger";
import { createMetrics } from "./platform/telemetry/metrics";
import { registerMetrics } from "./platform/telemetry/metrics-route";
import { observeCalls, observeReads } from "./platform/telemetry/observe-calls";
import { monotonicClock } from "./platform/time/monotonic-clock";
import { registerPlayground } from "./playground/playground";
import { createSubgraph } from "./schema";

const GRAPHQL_PATH = "/graphql";

/** Whom the printed token is for: a seeded member who pays by a seeded authorization. */
const DEVELOPER_CLAIMS = { sub: "u-1001", tax_id: "04623217035", scope: "pix:cancel" };

function tlsOf({ TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_CLIENT_CA_FILE: clientCa }: Config) {
  if (cert === undefined || key === undefined) return undefined;
  return { cert, key, ...(clientCa !== undefined && { clientCa }) };
}

/** Builds everything that lives long, once, from top to bottom. Nothing listens yet. */
export async function createApp(config: Config, logger: Logger = createLogger(config.LOG_LEVEL)) {
  const metrics = createMetrics();
  const { avibra, delbank, clients, ...providers } = createProviders(config, observeCalls(logger, metrics), (party) => {
    metrics.ambiguousDocument(party);
  });
  const reads = createSharedReads({
    clock: monotonicClock,
    freshMs: config.READ_CACHE_MS,
    staleMs: config.READ_CACHE_STALE_MS,
    staleIfErrorMs: config.READ_CACHE_STALE_IF_ERROR_MS,
    maxBytes: config.READ_CACHE_BYTES,
  });
  const stores = await openStores(config, logger);
  const { database, ledger, inbox, signals } = stores;
  const webhooks = createWebhooks(config, logger, { stores, metrics });
  signals.subscribe(
    topics.readsOld,
    ({ key }) => {
      reads.drop(key);
    },
    () => {
      reads.dropAll();
    },
  );
  const onWorked = (operation: Operation) => {
    if (!isSettled(operation.status)) tellReadsOld(operation, signals); // else they were told of with it
    metrics.worked(operation.kind, operation.status);
    webhooks.explain(operation);
  };
  const { runner, reconciler } = createOperations(config, logger, { ledger, avibra, delbank, onWorked });
  const { verifyToken, developer } = await createCallers(config, metrics);

  const { schema } = await createSubgraph();
  const formatError = createErrorFunnel({ logger, showsSchema: config.isSandbox });
  const apollo = createApollo(config, logger, { schema, formatError });
  await apollo.start();

  const onRead = observeReads(metrics);
  const dropReads: LongLived["dropReads"] = (about) => {
    for (const key of readsAbout(about)) reads.drop(key);
  };
  const longLived = {
    ...{ avibra, delbank, ledger, inbox, signals, runner, reads, dropReads, onRead },
    ...{ verifyToken, clock: monotonicClock, config },
  };
  const guard = createRequestGuard({
    limits: limitsOf(config),
    lists: listFieldsOf(schema),
    cacheBytes: documentBytes(config).cache,
  });
  const subscriptions = createSubscriptionTransports(config, logger, { schema, guard, longLived, formatError });

  const mayCall = createRouterSecretCheck(config.ROUTER_SECRETS);
  const admission = createAdmission({
    maxRequests: config.LIMIT_CONCURRENT_REQUESTS,
    maxBodiesBytes: config.LIMIT_BODIES_BYTES,
  });
  const tls = tlsOf(config);
  const server = createHttpServer({
    logger,
    maxBodyBytes: config.LIMIT_BODY_BYTES,
    maxHeaderBytes: config.LIMIT_HEADER_BYTES,
    admission,
    connections: connectionLimitsOf(config),
    mayCall,
    ...(tls && { tls }),
  });
  const underWay = () => admission.underWay() + webhooks.underWay();
  const lifecycle = registerLifecycle(server, {
    underWay,
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
  metrics.observe({
    providers: clients,
    reads,
    tokenAgeMs: () => avibra.tokenState().ageMs,
    requestsUnderWay: underWay,
    connectionsOpen: server.connections.count,
    subscriptions: subscriptions.state,
    listeners: () => signals.listeners(),
  });
  registerMetrics(server, metrics);
  registerGraphql(server, {
    path: GRAPHQL_PATH,
    apollo,
    createContext: (request, cost) => createContext(request, cost, longLived),
    guard,
    refusalOf: ({ answer, wholeRefusal }, text) => {
      answer.checkSize(text);
      return wholeRefusal();
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
