import { type Lease } from "../database/due-rows";
import { DecryptionFailed } from "../kernel/encryption.errors";
import { type DueOperation, type Operation } from "./operation";

/** A leased operation with its input, if it can be opened: one that cannot must not keep the others from being worked off. */
export function toDueOperation(
  operationStore: { decryptInput(operation: Operation): unknown },
  operation: Operation,
  lease: Lease,
): DueOperation {
  try {
    return { outcome: "ready", operation, lease, input: operationStore.decryptInput(operation) };
  } catch (error) {
    if (!(error instanceof DecryptionFailed)) throw error;
    return { outcome: "unreadable", operation, lease };
  }
}
