import { type Operation, type OperationFailure } from "./operation";
import { isSettled, type OperationStatus } from "./operation-status.state";

// Types, not interfaces: Kysely requires an index signature.
/** The operation store's only table. */
export type OperationTables = { operation: OperationRow };

/** One row; times are epoch milliseconds. */
export type OperationRow = {
  id: string;
  principal: string;
  key_digest: string;
  encrypted_idempotency_key: string;
  kind: string;
  fingerprint: string;
  user_id: string | null;
  recurrence_id: string | null;
  request_id: string | null;
  encrypted_input: string | null;
  status: OperationStatus;
  /** The status before the last statement that could change it. */
  previous_status: OperationStatus | null;
  /** 1: a command has changed the status, which a running process has still to report. */
  unreported: 1 | null;
  attempts: number;
  reads: number;
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
  reduced_at: number | null;
};

/** No release stores a failed operation without its failure; only an edited row is read like this. */
const NO_FAILURE_STORED: OperationFailure = {
  code: "PROVIDER_REJECTED",
  message: "The operation failed.",
  retryable: false,
};

const parseFailure = (text: string | null): OperationFailure =>
  text === null ? NO_FAILURE_STORED : (JSON.parse(text) as OperationFailure);

const parseJson = (text: string | null): unknown => (text === null ? null : JSON.parse(text));

/**
 * Maps a row to what the rest of the program sees: neither its digests nor its lease. An impossible combination of columns is read
 * as the state that sends nothing again, so that one edited row does not stop the others. Throws if a column holds malformed JSON.
 */
export function fromOperationRow(row: OperationRow): Operation {
  const fields = {
    id: row.id,
    principal: row.principal,
    kind: row.kind,
    userId: row.user_id,
    recurrenceId: row.reduced_at === null ? row.recurrence_id : null,
    requestId: row.request_id,
    attempts: row.attempts,
    reads: row.reads,
    createdAt: row.created_at,
    encryptedIdempotencyKey: row.encrypted_idempotency_key,
    ...(row.baseline !== null && { baseline: parseJson(row.baseline) }),
    ...(row.reduced_at !== null && { reducedAt: row.reduced_at }),
  };
  if (isSettled(row.status)) {
    const settled = {
      ...fields,
      result: parseJson(row.result),
      sentAt: row.sent_at,
      settledAt: row.settled_at ?? row.created_at,
      unconfirmedSince: row.unconfirmed_since,
      nextAttemptAt: null,
      encryptedInput: null,
    };
    return row.status === "SUCCEEDED"
      ? { ...settled, status: "SUCCEEDED", failure: null }
      : { ...settled, status: "FAILED", failure: parseFailure(row.failure) };
  }
  const unsettled = {
    ...fields,
    result: null,
    failure: null,
    settledAt: null,
    nextAttemptAt: row.next_attempt_at,
    encryptedInput: row.encrypted_input,
  };
  if (row.status === "PENDING") {
    return row.sent_at === null
      ? { ...unsettled, status: "PENDING", sentAt: null, unconfirmedSince: null }
      : { ...unsettled, status: "PENDING", sentAt: row.sent_at, unconfirmedSince: null };
  }
  const sentAt = row.sent_at ?? row.created_at;
  return row.status === "UNCONFIRMED"
    ? { ...unsettled, status: "UNCONFIRMED", sentAt, unconfirmedSince: row.unconfirmed_since ?? sentAt }
    : { ...unsettled, status: "NEEDS_ATTENTION", sentAt, unconfirmedSince: row.unconfirmed_since };
}
