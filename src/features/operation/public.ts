/** What other features may import of the operations. */
export { createUserError } from "./create-user-error";
export { IdempotencyKey } from "./idempotency-key.type";
export { MutationPayload, Operation, type OperationKind } from "./operation.type";
export { type UserErrorCode } from "./user-error.type";
