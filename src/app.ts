import "reflect-metadata"; // before the first decorated class

import { join } from "node:path";
import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from "@apollo/server/plugin/disabled";
import { limitsOf } from "./app-limits";
import { createOperations } from "./app-operations";
import { createProviders } from "./app-providers";
import { type Config } from "./config";
import { type Context, createContext, type LongLived } from "./context";
import { createDeveloperIssuer } from "./platform/auth/developer-issuer";
import { DEVELOPER_TOKEN_PATH, registerDeveloperToken } from "./platform/auth/developer-token-route";
import { remoteKeys } from "./platform/auth/remote-keys";
import { createRouterSecretCheck } from "./platform/auth/router-secret";
import { createTokenVerifier } from "./platform/auth/verify-token";
import { createErrorFunnel } from "./platform/errors/format-error";
import { listFieldsOf } from "./platform/graphql/list-fields";
import { createSchemaGuard } from "./platform/graphql/schema-guard";
import { createUpstreamCost } from "./platform/graphql/upstream-cost";
import { registerGraphql } from "./platform/http-server/graphql-route";
import { createHttpServer } from "./platform/http-server/http-server";
import { registerLifecycle } from "./platform/http-server/lifecycle";
import { createAdmission } from "./platform/limits/admission";
import { createRequestGuard } from "./platform/limits/request-guard";
import { type Operation } from "./platform/ledger/operation.type";
import { createSharedReads } from "./platform/loaders/shared-reads";
import { createLibraryLogger } from "./platform/telemetry/library-logger";
import { createLogger, type Logger } from "./platform/telemetry/logger";
import { createMetrics } from "./platform/telemetry/metrics";
import { registerMetrics } from "./platform/telemetry/metrics-route";
import { observeCalls, observeReads } from "./platform/telemetry/observe-calls";
import { systemClock } from "./platform/time/clock";
import { registerPlayground } from "./playground/playground";
import { createSubgraph } from "./schema";

const GRAPHQL_PATH = "/graphql";

/** Whom the printed token is for: a seeded member who pays by a seeded authorization. */
const DEVELOPER_CLAIMS = { sub: "u-1001", tax_id: "04623217035", scope: "pix:cancel" };

/** Who signs the callers' tokens: the configured key server, or in the sandbox an issuer of our own. */
async function createIssuer(config: Config) {
  if (config.AUTH_JWKS_URL !== undefined) return { keys: remoteKeys(config.AUTH_JWKS_URL, systemClock) };
  const keyFile = join(config.DATA_DIRECTORY, "developer-issuer.json");
  const developer = await createDeveloperIssuer({
    keyFile,
    issuer: config.AUTH_ISSUER,
    audience: config.AUTH_AUDIENCE,
  });
  return { keys: developer.keys, developer };
}

function tlsOf({ TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_CLIENT_CA_FILE: clientCa }: Config) {
  if (cert === undefined || key === undefined) return undefined;
  return { cert, key, ...(clientCa !== undefined && { clientCa }) };
}

/** Builds everything that lives long, once, from top to bottom. Nothing listens yet. */
export async function createApp(config: Config, logger: Logger = createLogger(config.LOG_LEVEL)) {
  const metrics = createMetrics();
  const { avibra, delbank, clients, close: closeProviders } = createProviders(config, observeCalls(logger, metrics));
  const reads = createSharedReads({
    clock: systemClock,
    freshMs: config.READ_CACHE_MS,
    staleMs: config.READ_CACHE_STALE_MS,
    staleIfErrorMs: config.READ_CACHE_STALE_IF_ERROR_MS,
    maxBytes: config.READ_CACHE_BYTES,
  });
  const dropReads: LongLived["dropReads"] = ({ subject, target }) => {
    if (subject !== null) reads.drop(`user/${subject}`);
    if (target !== null) reads.drop(`recurrence/${target}`);
  };
  const onWorked = (operation: Operation) => {
    dropReads(operation);
    metrics.worked(operation.kind, operation.status);
  };
  const operations = await createOperations(config, logger, { avibra, delbank, onWorked });
  const { database, ledger, runner, reconciler } = operations;
  const { keys, developer } = await createIssuer(config);
  const verifyToken = createTokenVerifier({
    keys,
    issuer: config.AUTH_ISSUER,
    audience: config.AUTH_AUDIENCE,
    userClaim: config.AUTH_USER_CLAIM,
    taxIdClaim: config.AUTH_TAX_ID_CLAIM,
    clock: systemClock,
  });

  const { schema } = await createSubgraph();
  const apollo = new ApolloServer<Context>({
    schema,
    introspection: true, // in live mode to the router alone: see createSchemaGuard
    hideSchemaDetailsFromClientErrors: !config.isSandbox,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    stopOnTerminationSignals: false, // main.ts stops in its own order
    formatError: createErrorFunnel({ logger, showsSchema: config.isSandbox }),
    logger: createLibraryLogger(logger, "apollo"),
    // The per-field cache plugin halves the throughput of lists.
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ...(config.isSandbox ? [] : [createSchemaGuard()]),
      ...(config.EXPOSE_UPSTREAM_COST ? [createUpstreamCost()] : []),
    ],
  });
  await apollo.start();

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
    mayCall,
    ...(tls && { tls }),
  });
  const lifecycle = registerLifecycle(server, {
    underWay: admission.underWay,
    checks: {
      database: async () => ({ ok: await database.isReachable() }),
      avibraToken: () => {
        const { isFailing, ...state } = avibra.tokenState();
        return { ok: state.held || !isFailing, ...state };
      },
      // A provider that is down is no reason to take the other one's data away as well.
      circuitBreakers: () => ({
        ok: true,
        ...Object.fromEntries(Object.values(clients).flatMap(({ state }) => Object.entries(state().breakers))),
      }),
    },
    drainDelayMs: config.SHUTDOWN_DELAY_MS,
    drainTimeoutMs: config.SHUTDOWN_TIMEOUT_MS,
  });
  metrics.observe({
    providers: clients,
    reads,
    tokenAgeMs: () => avibra.tokenState().ageMs,
    requestsUnderWay: admission.underWay,
  });
  registerMetrics(server, metrics);
  const onRead = observeReads(metrics);
  const longLived = {
    ...{ avibra, delbank, ledger, runner, reads, dropReads, onRead },
    ...{ verifyToken, clock: systemClock, config },
  };
  registerGraphql(server, {
    path: GRAPHQL_PATH,
    apollo,
    createContext: (request, cost) => createContext(request, cost, longLived),
    guard: createRequestGuard({ limits: limitsOf(config), lists: listFieldsOf(schema) }),
    refusalOf: ({ wholeRefusal }) => wholeRefusal(),
  });
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
      const url = await server.listen({ host: config.HOST, port: config.PORT });
      reconciler.start();
      return url;
    },
    /** A developer token for a seeded member; undefined where tokens come from elsewhere. */
    developerToken: () => developer?.issue(DEVELOPER_CLAIMS),
    /** Stops gracefully; see `registerLifecycle`. */
    async stop() {
      await Promise.all([reconciler.stop(), lifecycle.stop()]);
      await apollo.stop();
      await closeProviders();
      await database.close();
    },
  };
}
