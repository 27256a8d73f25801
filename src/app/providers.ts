import { setTimeout as sleep } from "node:timers/promises";
import { type ValuesOf } from "../config/variable";
import { type ProviderCallsConfig } from "../config/variables/provider-calls";
import { type BreakerTransition } from "../platform/http/client/circuit-breakers";
import { createHttpClient, type HttpClient } from "../platform/http/client/http-client";
import { type ConnectHost } from "../platform/http/client/provider-host";
import { withoutAttribution, type CallObserver } from "./observe-calls";
import { type Clock, systemClock } from "../platform/kernel/clock";
import { type MonotonicClock, monotonicClock } from "../platform/kernel/monotonic-clock";
import { avibra } from "../providers/avibra";
import { delbank } from "../providers/delbank";

/** The providers whose variables and sandbox defaults the configuration reads. `createProviders` creates a client of each. */
export const PROVIDERS = { avibra, delbank };

/** A successful call that takes more than this part of its timeout counts as slow. */
const SLOW_CALL_RATIO = 0.8;

/** The values of each provider's variables. */
type ProviderConfigs = { readonly [Name in keyof typeof PROVIDERS]: ValuesOf<(typeof PROVIDERS)[Name]["variables"]> };

export interface ProvidersConfig extends ProviderConfigs {
  readonly calls: ProviderCallsConfig;
  /** Maximum size of a response, in bytes. */
  readonly maxBodyBytes: number;
}

/** The time by which the clients wait before a retry, keep a circuit breaker open and judge an access token's age. */
export interface ProviderTime {
  readonly clock: Clock;
  readonly monotonic: MonotonicClock;
  readonly sleep: (ms: number) => Promise<void>;
}

const SYSTEM_TIME: ProviderTime = { clock: systemClock, monotonic: monotonicClock, sleep };

export interface ProvidersOptions {
  readonly observer: CallObserver;
  /** Default: the machine's. */
  readonly time?: ProviderTime | undefined;
  readonly onAmbiguousDocument?: (party: "payer" | "beneficiary") => void;
  readonly onBreakerTransition?: (group: string, transition: BreakerTransition) => void;
}

/** Creates the providers' clients. Each host has its own connections, bulkhead and circuit breakers. */
export function createProviders(
  { avibra: avibraConfig, delbank: delbankConfig, calls, maxBodyBytes }: ProvidersConfig,
  { observer, time = SYSTEM_TIME, onAmbiguousDocument, onBreakerTransition }: ProvidersOptions,
) {
  const httpClients: Record<string, HttpClient> = {};
  const connect: ConnectHost = ({ name, baseUrl, concurrency, timeoutMs, tls, isShared = false }) => {
    const { onAttemptSend, onAttemptEnd } = isShared ? withoutAttribution(observer) : observer;
    return (httpClients[name] = createHttpClient({
      baseUrl,
      connectTimeoutMs: calls.connectTimeoutMs,
      maxBodyBytes,
      ...(tls && { tls }),
      guard: {
        concurrency,
        queueLength: calls.queueLength,
        minCalls: calls.breakerMinCalls,
        failurePercent: calls.breakerFailurePercent,
        openMs: calls.breakerOpenMs,
        slowCallMs: timeoutMs * SLOW_CALL_RATIO,
        ...(onBreakerTransition && { onTransition: onBreakerTransition }),
      },
      retryPercent: calls.retryPercent,
      ...time,
      random: Math.random,
      onAttemptSend,
      onAttemptEnd,
    }));
  };
  const clients = {
    avibra: PROVIDERS.avibra.create(avibraConfig, connect, { monotonic: time.monotonic }),
    delbank: PROVIDERS.delbank.create(delbankConfig, connect, { ...(onAmbiguousDocument && { onAmbiguousDocument }) }),
  } satisfies Record<keyof typeof PROVIDERS, unknown>;
  return {
    ...clients,
    /** By host, for metrics. */
    httpClients,
    /** For `/health/ready`. */
    healthReports: {
      avibraToken() {
        const { isFailing, ...state } = clients.avibra.tokenState();
        return { ok: state.held || !isFailing, ...state };
      },
      circuitBreakers: () => ({
        ok: true,
        ...Object.fromEntries(Object.values(httpClients).flatMap(({ state }) => Object.entries(state().breakers))),
      }),
    },
    /** Closes every circuit breaker, and removes the access token. */
    reset: (): void => {
      clients.avibra.resetToken();
      for (const http of Object.values(httpClients)) http.closeCircuits();
    },
    close: () => Promise.all(Object.values(httpClients).map((http) => http.close())),
  };
}
