import { type Lease } from "../database/due-rows";
import { DecryptionFailed } from "../kernel/encryption.errors";
import { type DueOperation, type UnsettledOperation } from "./operation";

/** A leased operation with its input decrypted; `unreadable` if that fails, because one operation must not block the others. */
export function toDueOperation(
  operationStore: { decryptInput(operation: UnsettledOperation): unknown },
  operation: UnsettledOperation,
  lease: Lease,
): DueOperation {
  try {
    return { outcome: "ready", operation, lease, input: operationStore.decryptInput(operation) };
  } catch (error) {
    if (!(error instanceof DecryptionFailed)) throw error;
    return { outcome: "unreadable", operation, lease };
  }
}
