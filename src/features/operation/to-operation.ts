import { DecryptionFailed } from "../../platform/kernel/encryption.errors";
import { type OperationStore } from "../../platform/operations/operation.store";
import { type OperationFailure, type ReportedOperation } from "../../platform/operations/operation";
import { type Operation, type OperationKind } from "./operation.type";
import { createUserMessage } from "./user-message";
import { type UserError, type UserErrorCode } from "./user-error.type";

const toIsoString = (ms: number) => new Date(ms).toISOString();

function toUserError({ code, message, retryable, field }: OperationFailure): UserError {
  return { code: code as UserErrorCode, message, retryable, ...(field && { field: [...field] }) };
}

/** Decrypts the idempotency key. Empty if its encryption key is no longer configured, so that one row does not fail a list. */
function decryptKeyOrEmpty(
  stored: ReportedOperation,
  operationStore: Pick<OperationStore, "decryptIdempotencyKey">,
): string {
  try {
    return operationStore.decryptIdempotencyKey(stored);
  } catch (error) {
    if (error instanceof DecryptionFailed) return "";
    throw error;
  }
}

/** Maps a stored operation to its GraphQL type. */
export function toOperation(
  stored: ReportedOperation,
  operationStore: Pick<OperationStore, "decryptIdempotencyKey">,
): Operation {
  const { id, status, attempts, failure, result } = stored;
  let key: string | undefined;
  return {
    id,
    kind: stored.kind as OperationKind,
    status,
    userId: stored.userId,
    recurrenceId: stored.recurrenceId,
    requestId: stored.requestId,
    userMessage: createUserMessage(stored.kind as OperationKind, status),
    attempts,
    createdAt: toIsoString(stored.createdAt),
    settledAt: stored.settledAt === null ? null : toIsoString(stored.settledAt),
    failure: failure && toUserError(failure),
    result,
    decryptIdempotencyKey: () => (key ??= decryptKeyOrEmpty(stored, operationStore)),
  };
}
