import { type ErrorCode, SubgraphError } from "../../errors/subgraph-error";

/**
 * How a provider call failed.
 * - `unreachable`: no response, the connection failed or broke
 * - `timeout`: no complete response in time, or 408
 * - `unavailable`: the provider responded with 5xx
 * - `overloaded`: the provider limits our rate (429)
 * - `unauthorized`: the provider rejected our credentials (401, 403)
 * - `refused`: the provider refused the request (other 4xx)
 * - `unreadable`: the response violates the contract: a redirect, too large, truncated, not JSON, wrong shape
 * - `cancelled`: this process ended the call, because every client that waited for it has disconnected
 */
export type FailureKind =
  "unreachable" | "timeout" | "unavailable" | "overloaded" | "unauthorized" | "refused" | "unreadable" | "cancelled";

const CODES: Record<FailureKind, ErrorCode> = {
  unreachable: "PROVIDER_UNAVAILABLE",
  timeout: "PROVIDER_TIMEOUT",
  unavailable: "PROVIDER_UNAVAILABLE",
  overloaded: "RATE_LIMITED",
  unauthorized: "PROVIDER_AUTH",
  refused: "PROVIDER_CONTRACT",
  unreadable: "PROVIDER_CONTRACT",
  cancelled: "PROVIDER_UNAVAILABLE",
};

export const FAILURE_KINDS = Object.keys(CODES) as readonly FailureKind[];

interface ProviderFailureOptions {
  readonly kind: FailureKind;
  /** The call's low-cardinality name, for example `avibra.benefits.list`. */
  readonly call: string;
  /** A constant phrase for the log. Never the provider's text. */
  readonly reason: string;
  readonly status?: number;
  /** False only if no byte of the request left this process. */
  readonly maybeReceived?: boolean;
  /** True if this process rejected the call without sending it; says nothing about the provider. */
  readonly shortCircuited?: boolean;
  /** The refusal's body, for the provider's `*.errors.ts`. Must not be logged or shown to clients. */
  readonly refusal?: string;
  readonly retryAfter?: string;
  readonly cause?: unknown;
}

/** A failed provider call. Clients see only its code; the rest is for logs and retries. */
export class ProviderFailure extends SubgraphError {
  override readonly name = "ProviderFailure";
  readonly kind: FailureKind;
  readonly call: string;
  readonly reason: string;
  readonly status: number | undefined;
  readonly maybeReceived: boolean;
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
      maybeReceived = true,
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
    this.maybeReceived = maybeReceived;
    this.shortCircuited = shortCircuited;
    this.retryAfter = retryAfter;
    this.logFields = { kind, call, reason, status };
    this.#refusal = refusal;
  }

  /** Returns the refusal's body. A method, so that loggers and inspectors do not read it. */
  refusalBody(): string {
    return this.#refusal ?? "";
  }
}
