/** Every code that `extensions.code` may carry for an error of ours. Closed: frontends switch over it. */
export type ErrorCode =
  | "BAD_USER_INPUT"
  | "UNAUTHENTICATED"
  | "FORBIDDEN"
  | "LIMIT_EXCEEDED"
  | "PROVIDER_UNAVAILABLE"
  | "PROVIDER_TIMEOUT"
  | "PROVIDER_CONTRACT"
  | "PROVIDER_AUTH"
  | "RATE_LIMITED"
  | "UNAVAILABLE"
  | "INTERNAL";

/** What a client reads for each code, and whether the same request may succeed later. */
export const ERROR_CODES: Record<ErrorCode, { readonly message: string; readonly retryable: boolean }> = {
  BAD_USER_INPUT: { message: "The request holds a value that is not valid.", retryable: false },
  UNAUTHENTICATED: { message: "A valid bearer token is needed.", retryable: false },
  FORBIDDEN: { message: "The caller may not do this.", retryable: false },
  LIMIT_EXCEEDED: { message: "The request asks for more than one request may.", retryable: false },
  PROVIDER_UNAVAILABLE: { message: "The provider cannot be reached at the moment.", retryable: true },
  PROVIDER_TIMEOUT: { message: "The provider did not answer in time.", retryable: true },
  PROVIDER_CONTRACT: { message: "The provider gave an answer that cannot be read.", retryable: false },
  PROVIDER_AUTH: { message: "The provider does not accept our credentials.", retryable: false },
  RATE_LIMITED: { message: "Too many requests at the moment.", retryable: true },
  UNAVAILABLE: {
    message: "This is not possible at the moment. Ask again; a mutation with the same idempotencyKey.",
    retryable: true,
  },
  INTERNAL: { message: "Internal error.", retryable: false },
};

interface Details {
  /** Replaces the code's own text. A constant sentence: it reaches the client. */
  readonly message?: string;
  /** Of the mutation that may have been accepted although it ends in this error. Reaches the client. */
  readonly operationId?: string;
  /** For the log only. */
  readonly cause?: unknown;
}

/** The one error class: a code that is promised to clients, a text that is safe to show them, a cause for the log. */
export class SubgraphError extends Error {
  override readonly name: string = "SubgraphError";
  readonly retryable: boolean;
  readonly operationId: string | undefined;
  /** What a subclass writes to the log instead of its cause. Constants and names only. */
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
