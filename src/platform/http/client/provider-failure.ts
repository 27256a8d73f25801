import { type ErrorCode, SubgraphError } from "../../errors/subgraph-error";

/**
 * How a provider call failed.
 * - `unreachable`: no answer, the connection could not be made or broke
 * - `timeout`: no complete answer in the time given
 * - `unavailable`: the provider says that it cannot answer (5xx)
 * - `overloaded`: the provider asks us to slow down (429)
 * - `unauthorized`: our credentials were not accepted (401, 403)
 * - `refused`: the provider understood and said no (other 4xx)
 * - `unreadable`: an answer that is not in the contract: a redirect, too large, cut, not JSON, another shape
 */
export type FailureKind =
  "unreachable" | "timeout" | "unavailable" | "overloaded" | "unauthorized" | "refused" | "unreadable";

const CODES: Record<FailureKind, ErrorCode> = {
  unreachable: "PROVIDER_UNAVAILABLE",
  timeout: "PROVIDER_TIMEOUT",
  unavailable: "PROVIDER_UNAVAILABLE",
  overloaded: "RATE_LIMITED",
  unauthorized: "PROVIDER_AUTH",
  refused: "PROVIDER_CONTRACT",
  unreadable: "PROVIDER_CONTRACT",
};

interface ProviderFailureOptions {
  readonly kind: FailureKind;
  /** The call's low-cardinality name, for example `avibra.benefits.list`. */
  readonly call: string;
  /** A constant phrase for the log: what was seen. Never the provider's own words. */
  readonly reason: string;
  readonly status?: number;
  /** False only where it is certain that no byte of the request left this process. */
  readonly maybeProcessed?: boolean;
  /** True where we refused ourselves, to spare the provider: it tells nothing of the provider. */
  readonly shortCircuited?: boolean;
  /** The refusal's body, for the provider's own `*.errors.ts`. Never logged, never shown. */
  readonly refusal?: string;
  readonly retryAfter?: string;
  readonly cause?: unknown;
}

/** A provider call that brought no usable answer. Shows clients its code alone; the rest is for the log and for retry. */
export class ProviderFailure extends SubgraphError {
  override readonly name = "ProviderFailure";
  readonly kind: FailureKind;
  readonly call: string;
  readonly reason: string;
  readonly status: number | undefined;
  readonly maybeProcessed: boolean;
  readonly shortCircuited: boolean;
  readonly retryAfter: string | undefined;
  override readonly logFields: Readonly<Record<string, unknown>>;
  readonly #refusal: string | undefined;

  constructor(options: ProviderFailureOptions) {
    const {
      kind,
      call,
      reason,
      status,
      maybeProcessed = true,
      shortCircuited = false,
      refusal,
      retryAfter,
      cause,
    } = options;
    super(CODES[kind], { cause });
    this.kind = kind;
    this.call = call;
    this.reason = reason;
    this.status = status;
    this.maybeProcessed = maybeProcessed;
    this.shortCircuited = shortCircuited;
    this.retryAfter = retryAfter;
    this.logFields = { kind, call, reason, status };
    this.#refusal = refusal;
  }

  /** The refusal's body; behind a method so that no logger or inspector walks into it. */
  refusalBody(): string {
    return this.#refusal ?? "";
  }
}
