import { SealBroken } from "../../platform/ledger/ledger.errors";
import { type Ledger } from "../../platform/ledger/ledger.store";
import { type Operation as StoredOperation, type OperationFailure } from "../../platform/ledger/operation.type";
import { type Operation, type OperationKind } from "./operation.type";
import { type UserError, type UserErrorCode } from "./user-error.type";

const iso = (ms: number) => new Date(ms).toISOString();

function toUserError({ code, message, retryable, field }: OperationFailure): UserError {
  return { code: code as UserErrorCode, message, retryable, ...(field && { field: [...field] }) };
}

/** The caller's key; empty where it was sealed under a ledger key that is gone, so that a list stays whole. */
function keyOf(stored: StoredOperation, ledger: Pick<Ledger, "openKey">): string {
  try {
    return ledger.openKey(stored);
  } catch (error) {
    if (error instanceof SealBroken) return "";
    throw error;
  }
}

/** What the graph says of a stored operation. */
export function toOperation(stored: StoredOperation, ledger: Pick<Ledger, "openKey">): Operation {
  const { id, status, attempts, failure, result } = stored;
  let key: string | undefined;
  return {
    id,
    kind: stored.kind as OperationKind,
    status,
    userId: stored.subject,
    recurrenceId: stored.target,
    attempts,
    createdAt: iso(stored.createdAt),
    settledAt: stored.settledAt === null ? null : iso(stored.settledAt),
    failure: failure && toUserError(failure),
    result,
    openKey: () => (key ??= keyOf(stored, ledger)),
  };
}
