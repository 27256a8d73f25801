/** What other features may import from this one. */
export { createUserError } from "./create-user-error";
export { IdempotencyKey } from "./idempotency-key.type";
export { type OperationOutcome } from "./operation-request";
export { MutationPayload, Operation, type OperationKind } from "./operation.type";
export { type UserErrorCode } from "./user-error.type";
