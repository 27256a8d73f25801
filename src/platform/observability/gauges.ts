import { type Registry } from "prom-client";
import { type DatabaseState, registerBacklogGauges } from "./backlog-gauges";
import { buildInfo } from "./build-info";
import { createRegisterLabeled } from "./labeled-gauge";

/** The values of `circuit_breaker_state`. */
const BREAKER_STATES = { closed: 0, halfOpen: 1, open: 2 } as const;
export type BreakerState = keyof typeof BREAKER_STATES;

/** The current requests and circuit breakers of the HTTP client of one host. */
interface ClientState {
  readonly active: number;
  readonly queued: number;
  readonly breakers: Readonly<Record<string, BreakerState>>;
}

/** The gauges call these at each scrape. */
export interface GaugeSources {
  /** HTTP clients, by provider. */
  readonly providers: Readonly<Record<string, { readonly state: () => ClientState }>>;
  /** Age of the access token in ms, by provider; undefined without a token. */
  readonly tokenAgeMs: Readonly<Record<string, () => number | undefined>>;
  readonly readCache: { readonly state: () => { readonly bytes: number; readonly entries: number } };
  readonly requestsInFlight: () => number;
  readonly openConnections: () => number;
  readonly subscriptions: () => { readonly open: number; readonly webSockets: number };
  /** Subscribers of this process to its pub/sub channels. */
  readonly listeners: () => number;
  readonly database: DatabaseState;
}

/** Registers the gauges. Must be called once per registry. */
export function registerGauges(registry: Registry, sources: GaugeSources, breakerGroups: Iterable<string>): void {
  const { providers, tokenAgeMs, readCache, requestsInFlight, openConnections, subscriptions, listeners } = sources;

  const registerLabeled = createRegisterLabeled(registry);

  function register(name: string, help: string, getValue: () => number): void {
    registerLabeled(name, help, { labelNames: [], getSamples: () => [{ labels: {}, value: getValue() }] });
  }

  const perProvider = (getValue: (state: ClientState) => number) => ({
    labelNames: ["provider"] as const,
    getSamples: () =>
      Object.entries(providers).map(([provider, { state }]) => ({ labels: { provider }, value: getValue(state()) })),
  });

  registerLabeled(
    "provider_requests_in_flight",
    "Requests sent to a provider that have not completed.",
    perProvider(({ active }) => active),
  );
  registerLabeled(
    "provider_requests_queued",
    "Requests to a provider that wait for a free slot.",
    perProvider(({ queued }) => queued),
  );
  registerLabeled(
    "circuit_breaker_state",
    "State of the circuit breaker of an endpoint group: 0 is closed, 1 is half open, 2 is open.",
    {
      labelNames: ["group"],
      getSamples: () =>
        [
          // The first call of a group creates its breaker.
          ...[...breakerGroups].map((group) => [group, "closed"] as const),
          ...Object.values(providers).flatMap(({ state }) => Object.entries(state().breakers)),
        ].map(([group, breaker]) => ({ labels: { group }, value: BREAKER_STATES[breaker] })),
    },
  );
  registerLabeled(
    "access_token_age_seconds",
    "Age of the access token of a provider. Absent while there is no valid token.",
    {
      labelNames: ["provider"],
      getSamples: () =>
        Object.entries(tokenAgeMs).flatMap(([provider, getAgeMs]) => {
          const ageMs = getAgeMs();
          return ageMs === undefined ? [] : [{ labels: { provider }, value: ageMs / 1000 }];
        }),
    },
  );
  register("read_cache_size_bytes", "Size of the read cache.", () => readCache.state().bytes);
  register("read_cache_entries", "Entries in the read cache.", () => readCache.state().entries);
  register("http_requests_in_flight", "HTTP requests in flight, including webhooks and this scrape.", requestsInFlight);
  register("http_connections_open", "Open connections, including idle ones.", openConnections);
  register("subscriptions_open", "Open GraphQL subscriptions.", () => subscriptions().open);
  register("websocket_connections_open", "Open WebSocket connections.", () => subscriptions().webSockets);
  register("pubsub_subscribers", "Subscribers of this process to changes that any replica publishes.", listeners);
  registerBacklogGauges(registerLabeled, sources.database);
  registerLabeled("build_info", "Always 1; the labels say what runs.", {
    labelNames: ["version", "node"],
    getSamples: () => [{ labels: { version: buildInfo.version, node: process.version }, value: 1 }],
  });
}
