import { setTimeout as sleep } from "node:timers/promises";
import { type Config } from "../config/index";
import { createHttpClient } from "../platform/http/client/http-client";
import { withoutAttribution, type CallObserver } from "./observe-calls";
import { systemClock } from "../platform/kernel/clock";
import { monotonicClock } from "../platform/kernel/monotonic-clock";
import { createAvibraClient } from "../providers/avibra/avibra.client";
import { createDelbankClient, type DelbankOptions } from "../providers/delbank/delbank.client";

/** A good answer that took a larger share of its timeout is a sign of trouble. */
const SLOW_CALL_RATIO = 0.8;

/** The providers' clients, each over connections of its own. */
export function createProviders(
  config: Config,
  observer: CallObserver,
  onAmbiguousDocument?: DelbankOptions["onAmbiguousDocument"],
) {
  const commonOptions = {
    connectTimeoutMs: config.CONNECT_TIMEOUT_MS,
    maxBodyBytes: config.LIMIT_PROVIDER_BODY_BYTES,
    ...observer,
    retryPercent: config.RETRY_PERCENT,
    clock: systemClock,
    monotonic: monotonicClock,
    random: Math.random,
    sleep,
  };
  const buildGuardOptions = (concurrency: number, timeoutMs: number) => ({
    concurrency,
    queue: config.QUEUE_LENGTH,
    minCalls: config.BREAKER_MIN_CALLS,
    failurePercent: config.BREAKER_FAILURE_PERCENT,
    openMs: config.BREAKER_OPEN_MS,
    slowCallMs: timeoutMs * SLOW_CALL_RATIO,
  });
  const tokenUrl = new URL(config.AVIBRA_TOKEN_URL);
  const avibraHttp = createHttpClient({
    ...commonOptions,
    baseUrl: config.AVIBRA_BASE_URL,
    guard: buildGuardOptions(config.AVIBRA_CONCURRENCY, config.AVIBRA_TIMEOUT_MS),
  });
  const tokenHttp = createHttpClient({
    ...commonOptions,
    ...withoutAttribution(observer),
    baseUrl: tokenUrl.origin,
    guard: buildGuardOptions(1, config.AVIBRA_TIMEOUT_MS),
  });
  const delbankHttp = createHttpClient({
    ...commonOptions,
    baseUrl: config.DELBANK_BASE_URL,
    guard: buildGuardOptions(config.DELBANK_CONCURRENCY, config.DELBANK_TIMEOUT_MS),
    tls: {
      ...(config.DELBANK_CLIENT_CERT_FILE !== undefined && { cert: config.DELBANK_CLIENT_CERT_FILE }),
      ...(config.DELBANK_CLIENT_KEY_FILE !== undefined && { key: config.DELBANK_CLIENT_KEY_FILE }),
      ...(config.DELBANK_CA_FILE !== undefined && { ca: config.DELBANK_CA_FILE }),
    },
  });
  const avibra = createAvibraClient({
    http: avibraHttp,
    tokenHttp,
    tokenPath: tokenUrl.pathname + tokenUrl.search,
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
    clock: monotonicClock,
  });
  const delbank = createDelbankClient({
    http: delbankHttp,
    generation: config.DELBANK_API_GENERATION,
    apiKey: config.DELBANK_API_KEY,
    accountId: config.DELBANK_ACCOUNT_ID,
    ...(config.DELBANK_AUTHORIZATION !== undefined && { authorization: config.DELBANK_AUTHORIZATION }),
    timeoutMs: config.DELBANK_TIMEOUT_MS,
    ...(onAmbiguousDocument && { onAmbiguousDocument }),
  });
  const clients = { avibra: avibraHttp, avibraToken: tokenHttp, delbank: delbankHttp };
  return {
    avibra,
    delbank,
    clients,
    close: () => Promise.all(Object.values(clients).map((http) => http.close())),
  };
}
