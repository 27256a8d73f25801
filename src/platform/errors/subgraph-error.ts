/** Every code that the subgraph sets as `extensions.code`. A closed list, so that frontends can switch over it. */
export type ErrorCode =
  | "BAD_USER_INPUT"
  | "UNAUTHENTICATED"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "LIMIT_EXCEEDED"
  | "PROVIDER_UNAVAILABLE"
  | "PROVIDER_TIMEOUT"
  | "PROVIDER_CONTRACT"
  | "PROVIDER_AUTH"
  | "RATE_LIMITED"
  | "UNAVAILABLE"
  | "INTERNAL";

/** The default message of each code, and whether the same request can succeed later. */
export const ERROR_CODES: Record<ErrorCode, { readonly message: string; readonly retryable: boolean }> = {
  BAD_USER_INPUT: { message: "The request contains an invalid value.", retryable: false },
  UNAUTHENTICATED: { message: "A valid bearer token is required.", retryable: false },
  FORBIDDEN: { message: "The caller does not have permission.", retryable: false },
  NOT_FOUND: { message: "It does not exist, or the caller cannot access it.", retryable: false },
  LIMIT_EXCEEDED: { message: "The request exceeds a configured limit.", retryable: false },
  PROVIDER_UNAVAILABLE: { message: "The provider is temporarily unavailable.", retryable: true },
  PROVIDER_TIMEOUT: { message: "The provider did not respond in time.", retryable: true },
  PROVIDER_CONTRACT: { message: "The provider returned an invalid response.", retryable: false },
  PROVIDER_AUTH: { message: "The provider rejected the configured credentials.", retryable: false },
  RATE_LIMITED: { message: "The rate limit of the provider was exceeded.", retryable: true },
  UNAVAILABLE: {
    message: "Service temporarily unavailable. Retry; for mutations, reuse the same idempotencyKey.",
    retryable: true,
  },
  INTERNAL: { message: "Internal error.", retryable: false },
};

interface Details {
  /** Replaces the code's default message. Constant text: it is sent to the client. */
  readonly message?: string;
  /** The operation of a mutation that may have been accepted despite this error. Sent to the client. */
  readonly operationId?: string;
  /** For the log only. */
  readonly cause?: unknown;
}

/** The only error class with a code: a stable code and a safe message for the client, and a cause for the log. */
export class SubgraphError extends Error {
  override readonly name: string = "SubgraphError";
  readonly retryable: boolean;
  readonly operationId: string | undefined;
  /** What a subclass logs instead of its cause. Constants and names only. */
  readonly logFields?: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: ErrorCode,
    details: Details = {},
  ) {
    super(details.message ?? ERROR_CODES[code].message, details.cause === undefined ? {} : { cause: details.cause });
    this.retryable = ERROR_CODES[code].retryable;
    this.operationId = details.operationId;
  }
}

/** Ends the subscriptions of a process that stops. Expected, therefore not logged for each of them. */
export const SERVER_STOPPING = new SubgraphError("UNAVAILABLE", {
  message: "The server is stopping. Subscribe again.",
});
