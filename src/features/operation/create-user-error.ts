import { type UserError, type UserErrorCode } from "./user-error.type";

/** The default message of each code, and whether the same request can succeed later. */
const USER_ERROR_DEFAULTS: Record<UserErrorCode, { readonly message: string; readonly retryable: boolean }> = {
  NOT_FOUND: { message: "The member or authorization does not exist.", retryable: false },
  ALREADY_EXISTS: { message: "This member already has an account.", retryable: false },
  ALREADY_CANCELLED: { message: "This authorization is already cancelled.", retryable: false },
  NOT_CANCELLABLE: {
    message: "This authorization cannot be cancelled in its status for this reason.",
    retryable: false,
  },
  DOCUMENT_MISMATCH: {
    message: "The requester's document is neither the payer's nor the beneficiary's.",
    retryable: false,
  },
  IDEMPOTENCY_KEY_REUSED: { message: "This idempotencyKey was already used with another input.", retryable: false },
  OPERATION_IN_PROGRESS: { message: "The operation is in progress.", retryable: true },
  PROVIDER_REJECTED: { message: "The provider rejected the request.", retryable: false },
};

/** Creates a user error with the default message of its code. `field` is a field of `input`. */
export function createUserError(code: UserErrorCode, field?: string): UserError {
  return { code, ...USER_ERROR_DEFAULTS[code], ...(field !== undefined && { field: ["input", field] }) };
}
