import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** Buckets in seconds: a hit in the cache, a call to a provider, a timeout. */
const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BREAKER_LEVEL = { closed: 0, halfOpen: 1, open: 2 } as const;

/** One attempt at a provider call. */
interface CallSample {
  readonly call: string;
  readonly durationMs: number;
  readonly failure?: { readonly kind: string; readonly shortCircuited: boolean };
}

/** An HTTP client's calls and circuit breakers at this moment. */
interface ClientState {
  readonly active: number;
  readonly queued: number;
  readonly breakers: Readonly<Record<string, keyof typeof BREAKER_LEVEL>>;
}

/** What is read at each scrape. */
export interface GaugeSources {
  /** Each provider's connections, by name. */
  readonly providers: Readonly<Record<string, { readonly state: () => ClientState }>>;
  readonly readCache: { readonly state: () => { readonly bytes: number; readonly entries: number } };
  /** Age of the access token in ms; undefined while there is none. */
  readonly tokenAgeMs: () => number | undefined;
  readonly requestsInFlight: () => number;
  readonly openConnections: () => number;
  readonly subscriptions: () => { readonly open: number; readonly webSockets: number };
  /** Who listens to signals between replicas. */
  readonly listeners: () => number;
}

/** Where a document that identifies somebody is read. */
const DOCUMENT_SOURCES = ["token", "payer", "beneficiary"] as const;

/** One gauge's value, with its labels. */
interface GaugeSample {
  readonly value: number;
  readonly provider?: string;
  readonly group?: string;
}

export type Metrics = ReturnType<typeof createMetrics>;

/** Prometheus metrics of one program. Labels are names of ours: calls, routes, kinds; never an id or a value. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const calls = new Histogram({
    name: "provider_call_duration_seconds",
    help: "Attempts at provider calls, by how they ended",
    labelNames: ["call", "outcome"],
    buckets: BUCKETS,
    registers,
  });
  const retries = new Counter({
    name: "provider_retries_total",
    help: "Attempts that repeat a failed one",
    labelNames: ["call"],
    registers,
  });
  const readCounter = new Counter({
    name: "reads_total",
    help: "Reads, by where the answer came from",
    labelNames: ["source"],
    registers,
  });
  const requests = new Histogram({
    name: "http_request_duration_seconds",
    help: "Requests, by route and status",
    labelNames: ["route", "status"],
    buckets: BUCKETS,
    registers,
  });
  const operations = new Counter({
    name: "operations_worked_total",
    help: "Work on operations of the ledger, by kind and the status that it ended in",
    labelNames: ["kind", "status"],
    registers,
  });

  const events = new Counter({
    name: "webhook_events_total",
    help: "Events received, by kind and whether they were new",
    labelNames: ["kind", "outcome"],
    registers,
  });

  const ambiguousDocuments = new Counter({
    name: "ambiguous_documents_total",
    help: "Documents that do not say whose they are, by where they were read",
    labelNames: ["source"],
    registers,
  });
  for (const source of DOCUMENT_SOURCES) ambiguousDocuments.inc({ source }, 0); // so that the first one is a change

  return {
    recordCall({ call, durationMs, failure }: CallSample): void {
      calls.observe(
        { call, outcome: failure?.shortCircuited ? "notSent" : (failure?.kind ?? "ok") },
        durationMs / 1000,
      );
    },
    recordRetry(call: string): void {
      retries.inc({ call });
    },
    recordRead(source: string): void {
      readCounter.inc({ source });
    },
    recordRequest(route: string, status: number, durationMs: number): void {
      requests.observe({ route, status }, durationMs / 1000);
    },
    recordOperation(kind: string, status: string): void {
      operations.inc({ kind, status });
    },
    recordEvent(kind: string, outcome: "stored" | "copy"): void {
      events.inc({ kind, outcome });
    },
    recordAmbiguousDocument(source: (typeof DOCUMENT_SOURCES)[number]): void {
      ambiguousDocuments.inc({ source });
    },
    /** The text format, after the gauges were read. */
    render: () => registry.metrics(),
    contentType: registry.contentType,
    /** Adds the gauges; once, when there is something to look at. */
    registerGauges({
      providers,
      readCache,
      tokenAgeMs,
      requestsInFlight,
      openConnections,
      subscriptions,
      listeners,
    }: GaugeSources): void {
      const gauge = (name: string, help: string, getSamples: () => readonly GaugeSample[]) =>
        new Gauge({
          ...{ name, help, registers, labelNames: ["provider", "group"] },
          collect() {
            this.reset();
            for (const { value, ...labels } of getSamples()) this.set(labels, value);
          },
        });
      const perProvider = (getValue: (state: ClientState) => number) =>
        Object.entries(providers).map(([provider, { state }]) => ({ provider, value: getValue(state()) }));
      gauge("provider_calls_active", "Provider calls under way", () => perProvider(({ active }) => active));
      gauge("provider_calls_queued", "Provider calls that wait for room", () => perProvider(({ queued }) => queued));
      gauge("circuit_breaker_state", "0 closed, 1 half open, 2 open", () =>
        Object.values(providers).flatMap(({ state }) =>
          Object.entries(state().breakers).map(([group, breaker]) => ({ group, value: BREAKER_LEVEL[breaker] })),
        ),
      );
      gauge("read_cache_bytes", "What kept answers take", () => [{ value: readCache.state().bytes }]);
      gauge("read_cache_entries", "Answers that are kept", () => [{ value: readCache.state().entries }]);
      gauge("requests_under_way", "Requests at work", () => [{ value: requestsInFlight() }]);
      gauge("connections_open", "Connections that are open, idle ones included", () => [{ value: openConnections() }]);
      gauge("subscriptions_open", "Subscriptions that are open", () => [{ value: subscriptions().open }]);
      gauge("websockets_open", "WebSockets that are open", () => [{ value: subscriptions().webSockets }]);
      gauge("signal_listeners", "Listeners to signals between replicas", () => [{ value: listeners() }]);
      gauge("access_token_age_seconds", "Age of the provider's access token", () => {
        const ageMs = tokenAgeMs();
        return ageMs === undefined ? [] : [{ value: ageMs / 1000 }];
      });
    },
  };
}
