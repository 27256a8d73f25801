import "reflect-metadata"; // before the first decorated class
import { join } from "node:path";
import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from "@apollo/server/plugin/disabled";
import { type Config } from "./config";
import { type Context, createContext } from "./context";
import { createDeveloperIssuer } from "./platform/auth/developer-issuer";
import { registerDeveloperToken } from "./platform/auth/developer-token-route";
import { createRouterSecretCheck } from "./platform/auth/router-secret";
import { createTokenVerifier, remoteKeys } from "./platform/auth/verify-token";
import { createErrorFunnel } from "./platform/errors/format-error";
import { createHttpClient } from "./platform/http-client/http-client";
import { registerGraphql } from "./platform/http-server/graphql-route";
import { createHttpServer } from "./platform/http-server/http-server";
import { registerLifecycle } from "./platform/http-server/lifecycle";
import { logCalls } from "./platform/telemetry/log-calls";
import { createLogger, type Logger } from "./platform/telemetry/logger";
import { systemClock } from "./platform/time/clock";
import { registerPlayground } from "./playground/playground";
import { createAvibraClient } from "./providers/avibra/avibra.client";
import { createDelbankClient } from "./providers/delbank/delbank.client";
import { createSubgraph } from "./schema";

const GRAPHQL_PATH = "/graphql";

/** Who the playground and the printed token are: a seeded member who pays by a seeded authorization. */
const DEVELOPER_CLAIMS = { sub: "u-1001", tax_id: "04623217035", scope: "pix:cancel" };
const DEVELOPER_TOKEN_URL = `/dev/token?${new URLSearchParams(DEVELOPER_CLAIMS).toString()}`;

/** The providers' clients, each over connections of its own. */
function createProviders(config: Config, logger: Logger) {
  const limits = {
    connectTimeoutMs: config.CONNECT_TIMEOUT_MS,
    maxBodyBytes: config.LIMIT_PROVIDER_BODY_BYTES,
    onCall: logCalls(logger),
  };
  const tokenUrl = new URL(config.AVIBRA_TOKEN_URL);
  const avibraHttp = createHttpClient({
    ...limits,
    baseUrl: config.AVIBRA_BASE_URL,
    connections: config.AVIBRA_CONCURRENCY,
  });
  const tokenHttp = createHttpClient({ ...limits, baseUrl: tokenUrl.origin, connections: 1 });
  const delbankHttp = createHttpClient({
    ...limits,
    baseUrl: config.DELBANK_BASE_URL,
    connections: config.DELBANK_CONCURRENCY,
    tls: {
      ...(config.DELBANK_CLIENT_CERT_FILE !== undefined && { cert: config.DELBANK_CLIENT_CERT_FILE }),
      ...(config.DELBANK_CLIENT_KEY_FILE !== undefined && { key: config.DELBANK_CLIENT_KEY_FILE }),
      ...(config.DELBANK_CA_FILE !== undefined && { ca: config.DELBANK_CA_FILE }),
    },
  });
  const avibra = createAvibraClient({
    http: avibraHttp,
    tokenHttp,
    tokenPath: tokenUrl.pathname,
    credentials: {
      clientId: config.AVIBRA_CLIENT_ID,
      clientSecret: config.AVIBRA_CLIENT_SECRET,
      scope: config.AVIBRA_SCOPE,
      apiKey: config.AVIBRA_API_KEY,
      partnerName: config.AVIBRA_PARTNER_NAME,
      linkUsername: config.AVIBRA_LINK_USERNAME,
      linkPassword: config.AVIBRA_LINK_PASSWORD,
    },
    timeoutMs: config.AVIBRA_TIMEOUT_MS,
    clock: systemClock,
  });
  const delbank = createDelbankClient({
    http: delbankHttp,
    generation: config.DELBANK_API_GENERATION,
    apiKey: config.DELBANK_API_KEY,
    accountId: config.DELBANK_ACCOUNT_ID,
    ...(config.DELBANK_AUTHORIZATION !== undefined && { authorization: config.DELBANK_AUTHORIZATION }),
    timeoutMs: config.DELBANK_TIMEOUT_MS,
  });
  return {
    avibra,
    delbank,
    close: () => Promise.all([avibraHttp, tokenHttp, delbankHttp].map((http) => http.close())),
  };
}

/** Who signs the callers' tokens: the configured key server, or in the sandbox an issuer of our own. */
async function createIssuer(config: Config) {
  if (config.AUTH_JWKS_URL !== undefined) return { keys: remoteKeys(config.AUTH_JWKS_URL) };
  const keyFile = join(config.DATA_DIRECTORY, "developer-issuer.json");
  const developer = await createDeveloperIssuer({
    keyFile,
    issuer: config.AUTH_ISSUER,
    audience: config.AUTH_AUDIENCE,
  });
  return { keys: developer.keys, developer };
}

/** Builds everything that lives long, once, from top to bottom. Nothing listens yet. */
export async function createApp(config: Config, logger: Logger = createLogger(config.LOG_LEVEL)) {
  const { avibra, delbank, close: closeProviders } = createProviders(config, logger);
  const { keys, developer } = await createIssuer(config);
  const verifyToken = createTokenVerifier({
    keys,
    issuer: config.AUTH_ISSUER,
    audience: config.AUTH_AUDIENCE,
    userClaim: config.AUTH_USER_CLAIM,
    taxIdClaim: config.AUTH_TAX_ID_CLAIM,
  });

  const { schema } = await createSubgraph();
  const apollo = new ApolloServer<Context>({
    schema,
    introspection: config.isSandbox,
    hideSchemaDetailsFromClientErrors: !config.isSandbox,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    stopOnTerminationSignals: false, // main.ts stops in its own order
    formatError: createErrorFunnel(logger),
    // The per-field cache plugin halves the throughput of lists.
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
    ],
  });
  await apollo.start();

  const mayCall = createRouterSecretCheck(config.ROUTER_SECRETS);
  const server = createHttpServer({ logger, maxBodyBytes: config.LIMIT_BODY_BYTES, mayCall });
  const lifecycle = registerLifecycle(server, {
    checks: { avibraToken: () => ({ ok: true, ...avibra.tokenState() }) },
    drainDelayMs: config.SHUTDOWN_DELAY_MS,
    drainTimeoutMs: config.SHUTDOWN_TIMEOUT_MS,
  });
  const longLived = { avibra, delbank, verifyToken, clock: systemClock, config };
  registerGraphql(server, {
    path: GRAPHQL_PATH,
    apollo,
    createContext: (request) => createContext(request, longLived),
  });
  if (developer) registerDeveloperToken(server, developer);
  if (config.PLAYGROUND) {
    registerPlayground(server, {
      graphqlPath: GRAPHQL_PATH,
      ...(developer && { developerTokenUrl: DEVELOPER_TOKEN_URL }),
    });
  }

  return {
    /** Starts to listen; answers with the URL. */
    listen: () => server.listen({ host: config.HOST, port: config.PORT }),
    /** A developer token for the playground's member; undefined where tokens come from elsewhere. */
    developerToken: () => developer?.issue(DEVELOPER_CLAIMS),
    /** Stops gracefully; see `registerLifecycle`. */
    async stop() {
      await lifecycle.stop();
      await apollo.stop();
      await closeProviders();
    },
  };
}
