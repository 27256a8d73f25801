import { type OperationFailure, type Operation } from "./operation";
import { type OperationStatus } from "./operation-status.state";

// Types, not interfaces: Kysely asks for an index signature.
/** The ledger's only table. */
export type OperationTables = { operation: OperationRow };

/** One row of it; times are epoch milliseconds. */
export type OperationRow = {
  id: string;
  principal: string;
  key_digest: string;
  encrypted_idempotency_key: string;
  kind: string;
  fingerprint: string;
  user_id: string | null;
  recurrence_id: string | null;
  encrypted_input: string | null;
  status: OperationStatus;
  attempts: number;
  result: string | null;
  failure: string | null;
  created_at: number;
  sent_at: number | null;
  settled_at: number | null;
  unconfirmed_since: number | null;
  next_attempt_at: number | null;
  lease_owner: string | null;
  lease_until: number | null;
  exclusive_on: string | null;
  baseline: string | null;
};

/** What the rest of the program sees of a row: neither its digests nor its lease. */
export function fromOperationRow(row: OperationRow): Operation {
  return {
    id: row.id,
    principal: row.principal,
    kind: row.kind,
    status: row.status,
    userId: row.user_id,
    recurrenceId: row.recurrence_id,
    attempts: row.attempts,
    result: row.result === null ? null : (JSON.parse(row.result) as unknown),
    failure: row.failure === null ? null : (JSON.parse(row.failure) as OperationFailure),
    createdAt: row.created_at,
    sentAt: row.sent_at,
    settledAt: row.settled_at,
    unconfirmedSince: row.unconfirmed_since,
    nextAttemptAt: row.next_attempt_at,
    encryptedIdempotencyKey: row.encrypted_idempotency_key,
    encryptedInput: row.encrypted_input,
    ...(row.baseline !== null && { baseline: JSON.parse(row.baseline) as unknown }),
  };
}
