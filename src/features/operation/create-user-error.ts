import { type UserError, type UserErrorCode } from "./user-error.type";

/** The default message of each code, and whether the same request can succeed later. */
const USER_ERROR_DEFAULTS: Record<UserErrorCode, { readonly message: string; readonly retryable: boolean }> = {
  NOT_FOUND: { message: "There is no such member or authorization.", retryable: false },
  ALREADY_EXISTS: { message: "This member has an account already.", retryable: false },
  ALREADY_CANCELLED: { message: "This authorization is cancelled already.", retryable: false },
  NOT_CANCELLABLE: { message: "This authorization cannot be cancelled now for this reason.", retryable: false },
  DOCUMENT_MISMATCH: { message: "The document is neither the payer's nor the beneficiary's.", retryable: false },
  IDEMPOTENCY_KEY_REUSED: { message: "This idempotencyKey was used before with another input.", retryable: false },
  OPERATION_IN_PROGRESS: { message: "This operation is under way.", retryable: true },
  PROVIDER_REJECTED: { message: "The provider did not accept this.", retryable: false },
};

/** Creates a user error with the default message of its code. `field` is a field of `input`. */
export function createUserError(code: UserErrorCode, field?: string): UserError {
  return { code, ...USER_ERROR_DEFAULTS[code], ...(field !== undefined && { field: ["input", field] }) };
}
