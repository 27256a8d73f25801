import { collectDefaultMetrics, Counter, Histogram, Registry } from "prom-client";
import { ERROR_CODES } from "../errors/subgraph-error";
import { type BreakerState, type GaugeSources, registerGauges } from "./gauges";

/** In seconds, from a cache hit to a timeout. */
const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** One attempt at a provider request. */
interface CallSample {
  /** The endpoint's name, for example `avibra.benefits.list`. */
  readonly call: string;
  readonly durationMs: number;
  readonly failure?: { readonly kind: string; readonly shortCircuited: boolean };
}

/** One HTTP request to this service. */
interface RequestSample {
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  /** The codes of the errors in the response, each once. */
  readonly errorCodes: readonly string[];
}

/** The label `source` of a read cache lookup, by what the read cache reports. */
const LOOKUP_SOURCES = { call: "fetch", coalesced: "single_flight", cache: "cache", stale: "stale" } as const;

/** The label `state` of a circuit breaker. */
const BREAKER_LABELS = { closed: "closed", halfOpen: "half_open", open: "open" } as const;

/** The values of labels that are known from the start: their series exist with 0, so that an alert can detect the first increase. */
export interface KnownLabels {
  readonly endpoints: readonly string[];
  readonly failureKinds: readonly string[];
  readonly operationKinds: readonly string[];
  readonly operationStatuses: readonly string[];
  readonly eventKinds: readonly string[];
  readonly authenticationFailures: readonly string[];
}

/** The label `outcome` of a provider request that did not fail, and of one that was not sent; else it is the kind of the failure. */
const OK = "ok";
const SHORT_CIRCUITED = "short_circuited";

/** Where a tax ID was read that can belong to more than one person. */
const TAX_ID_SOURCES = ["token", "payer", "beneficiary"] as const;

export type Metrics = ReturnType<typeof createMetrics>;

/**
 * The Prometheus metrics of this process. Labels are endpoints, routes, kinds and statuses, never an ID or a personal value.
 * The default metrics of Node.js keep their names, which dashboards expect.
 */
export function createMetrics(known: Partial<KnownLabels> = {}) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const providerRequestDuration = new Histogram({
    name: "benefits_pix_provider_request_duration_seconds",
    help: "Duration of an attempt at a provider request.",
    labelNames: ["endpoint", "outcome"],
    buckets: BUCKETS,
    registers,
  });
  const providerRequests = new Counter({
    name: "benefits_pix_provider_requests_total",
    help: "Attempts at a provider request, by outcome.",
    labelNames: ["endpoint", "outcome"],
    registers,
  });
  const providerRetries = new Counter({
    name: "benefits_pix_provider_retries_total",
    help: "Attempts that repeat a failed provider request.",
    labelNames: ["endpoint"],
    registers,
  });
  const readCacheLookups = new Counter({
    name: "benefits_pix_read_cache_lookups_total",
    help: "Lookups in the read cache, by the source of the result.",
    labelNames: ["source"],
    registers,
  });
  const httpRequestDuration = new Histogram({
    name: "benefits_pix_http_request_duration_seconds",
    help: "Duration of an HTTP request to this service.",
    labelNames: ["route", "status"],
    buckets: BUCKETS,
    registers,
  });
  const responseErrors = new Counter({
    name: "benefits_pix_response_errors_total",
    help: "HTTP responses with an error of this code, whatever their status.",
    labelNames: ["code"],
    registers,
  });
  const operationExecutions = new Counter({
    name: "benefits_pix_operation_executions_total",
    help: "Executions of an operation, each of up to three attempts, by the status afterward.",
    labelNames: ["kind", "status"],
    registers,
  });
  const statusChanges = new Counter({
    name: "benefits_pix_operation_status_changes_total",
    help: "Operations that came to this status, by a request, the reconciler or an event; PENDING counts those accepted.",
    labelNames: ["kind", "status"],
    registers,
  });
  const breakerTransitions = new Counter({
    name: "benefits_pix_circuit_breaker_transitions_total",
    help: "Circuit breakers that came to this state.",
    labelNames: ["group", "state"],
    registers,
  });
  const authenticationFailures = new Counter({
    name: "benefits_pix_authentication_failures_total",
    help: "Requests refused with 401, by reason. Requests without a token are not counted.",
    labelNames: ["reason"],
    registers,
  });
  const webhookEvents = new Counter({
    name: "benefits_pix_webhook_events_total",
    help: "Webhook events received.",
    labelNames: ["kind", "outcome"],
    registers,
  });
  const ambiguousTaxIds = new Counter({
    name: "benefits_pix_ambiguous_tax_ids_total",
    help: "Tax IDs that do not identify exactly one person, by where the service read them.",
    labelNames: ["source"],
    registers,
  });
  const { endpoints = [], failureKinds = [], operationKinds = [], operationStatuses = [], eventKinds = [] } = known;
  const groups = new Set(endpoints.map((name) => name.slice(0, name.lastIndexOf("."))));
  // A counter that starts at 1 has no increase that an alert could detect.
  for (const endpoint of endpoints) {
    providerRetries.inc({ endpoint }, 0);
    providerRequestDuration.zero({ endpoint, outcome: OK });
    for (const outcome of [OK, SHORT_CIRCUITED, ...failureKinds]) providerRequests.inc({ endpoint, outcome }, 0);
  }
  for (const source of Object.values(LOOKUP_SOURCES)) readCacheLookups.inc({ source }, 0);
  for (const kind of operationKinds)
    for (const status of operationStatuses) {
      operationExecutions.inc({ kind, status }, 0);
      statusChanges.inc({ kind, status }, 0);
    }
  for (const kind of eventKinds) for (const outcome of ["stored", "duplicate"]) webhookEvents.inc({ kind, outcome }, 0);
  for (const group of groups)
    for (const state of Object.values(BREAKER_LABELS)) breakerTransitions.inc({ group, state }, 0);
  for (const reason of known.authenticationFailures ?? []) authenticationFailures.inc({ reason }, 0);
  for (const code of Object.keys(ERROR_CODES)) responseErrors.inc({ code }, 0);
  for (const source of TAX_ID_SOURCES) ambiguousTaxIds.inc({ source }, 0);

  return {
    recordCall({ call, durationMs, failure }: CallSample): void {
      const outcome = failure?.shortCircuited ? SHORT_CIRCUITED : (failure?.kind ?? OK);
      providerRequests.inc({ endpoint: call, outcome });
      providerRequestDuration.observe({ endpoint: call, outcome }, durationMs / 1000);
    },
    recordRetry(call: string): void {
      providerRetries.inc({ endpoint: call });
    },
    recordRead(source: keyof typeof LOOKUP_SOURCES): void {
      readCacheLookups.inc({ source: LOOKUP_SOURCES[source] });
    },
    recordRequest({ route, status, durationMs, errorCodes }: RequestSample): void {
      httpRequestDuration.observe({ route, status }, durationMs / 1000);
      for (const code of errorCodes) responseErrors.inc({ code });
    },
    recordOperation(kind: string, status: string): void {
      operationExecutions.inc({ kind, status });
    },
    recordStatus(kind: string, status: string): void {
      statusChanges.inc({ kind, status });
    },
    recordBreakerTransition(group: string, state: BreakerState): void {
      breakerTransitions.inc({ group, state: BREAKER_LABELS[state] });
    },
    recordAuthenticationFailure(reason: string): void {
      authenticationFailures.inc({ reason });
    },
    recordEvent(kind: string, outcome: "stored" | "duplicate"): void {
      webhookEvents.inc({ kind, outcome });
    },
    recordAmbiguousDocument(source: (typeof TAX_ID_SOURCES)[number]): void {
      ambiguousTaxIds.inc({ source });
    },
    registerGauges(sources: GaugeSources): void {
      registerGauges(registry, sources, groups);
    },
    /** All metrics in the Prometheus text format. Reads the gauges. */
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
