import { type Kysely, sql } from "kysely";
import { type DueQuery, grantLease, type Lease, leaseDueRows, NO_LEASE } from "../database/due-rows";
import { type Database } from "../database/open-database";
import { type Encryption } from "../kernel/encryption";
import { claimOperation } from "./claim-operation";
import { countUnsettled, type UnsettledCount } from "./count-unsettled";
import { deleteUnsent, replaceWithTombstone } from "./discard-operation";
import {
  acquireExclusiveLock,
  type EarlierQuery,
  type ExclusiveLock,
  findEarlier,
  type ReducedRecurrence,
} from "./exclusive-lock";
import { findByDigest, findById } from "./find-operation";
import {
  type Claim,
  type ClaimResult,
  type DueOperation,
  type LeasedResult,
  type Operation,
  type OperationPage,
  type OperationQuery,
  type OperationsByKindQuery,
  requireUnsettled,
  type SentOperation,
  type Settlement,
  type SettleResult,
  type SucceededOperation,
} from "./operation";
import { type HistoryEntry, recordHistory } from "./operation-history";
import { type Changes, isOwnChange, type LeasedChange, toStatus, updateLeasedRow } from "./operation-lease";
import { listByKind, listOperations } from "./operation-list";
import { type OperationObserver } from "./operation-observer";
import { fromOperationRow, type OperationRow, type OperationTables } from "./operation-row";
import { OperationNotFound, recordOutcome } from "./operation.errors";
import { reduceRecurrenceId } from "./reduce-operations";
import { settleOperation, type SettleRequest } from "./settle-operation";
import { takeUnreported } from "./take-unreported";
import { toDueOperation } from "./to-due-operation";

/**
 * Mutation requests and their outcomes. Each method is one or two statements, atomic between any number of processes on either
 * database. Methods throw DatabaseUnavailable when the database is unavailable; those that record the result of an attempt (`settle`,
 * `settleIf`, `markUnconfirmed`, `park`) throw OutcomeNotRecorded instead. An unknown id is OperationNotFound. Times are epoch
 * milliseconds and passed in; leases hold between processes whose clocks differ by much less than a lease.
 */
export class OperationStore {
  private readonly tables: Kysely<OperationTables>;

  constructor(
    private readonly database: Database,
    private readonly encryption: Encryption,
    private readonly observer: OperationObserver = {},
  ) {
    this.tables = database.kysely.$extendTables<OperationTables>();
  }

  /**
   * Claims (principal, idempotency key), or returns what an earlier claim became. Of any number of concurrent claims, one is
   * `claimed`. After DatabaseUnavailable the same claim may be repeated: with the same `id` it is `claimed` if it was stored before
   * and no other worker has taken over. Throws TypeError if the input is not JSON.
   */
  async claim(claim: Claim): Promise<ClaimResult> {
    const result = await claimOperation(this.tables, this.encryption, claim);
    if (result.outcome === "claimed") this.observer.onAccepted?.(result.operation);
    else if (result.outcome !== "keyReused") this.observer.onRepeated?.(result.operation, claim.requestId);
    return result;
  }

  /**
   * Counts an attempt and records that it may have been sent. Call it before each attempt, and send only after `done`. `attempts` are
   * those before this one: a repeated call counts it once. An expired lease is lost even if no other worker has taken over. After
   * DatabaseUnavailable nothing must be sent.
   */
  async markSent(
    { id, attempts }: Pick<Operation, "id" | "attempts">,
    lease: Lease,
    now: number,
  ): Promise<LeasedResult<SentOperation>> {
    const changes: Changes = { sent_at: sql<number>`coalesce(sent_at, ${now})`, attempts: attempts + 1 };
    const change = { changes, event: "sent", validAt: now, attempts: [attempts, attempts + 1] } as const;
    const result = await this.updateUnderLease(id, lease, change);
    return result.outcome === "done" ? { outcome: "done", operation: requireSent(result.operation) } : result;
  }

  /** Counts a read of the provider for the outcome. Call it before each read, and read only after `done`. */
  async markRead(id: string, lease: Lease, now: number): Promise<LeasedResult> {
    return await this.updateUnderLease(id, lease, { changes: { reads: sql<number>`reads + 1` }, validAt: now });
  }

  /** See `acquireExclusiveLock`. Call it before `markSent`, once the operation may be sent. */
  async acquireLock(id: string, lease: Lease, lock: ExclusiveLock): Promise<boolean> {
    return await acquireExclusiveLock(this.tables, { id, lease }, this.withReduced(lock));
  }

  /** See `findEarlier`. */
  async findEarlier(query: EarlierQuery): Promise<Operation[]> {
    return await findEarlier(this.tables, this.withReduced(query));
  }

  /**
   * Removes an operation that was never sent; its key is free again. With `shouldLeaveTombstone`, a claim of it that may still reach
   * the database stores nothing either. Returns undefined once it is removed, also by an earlier call whose response was lost;
   * otherwise the operation, which another worker has taken over.
   */
  async discard(
    operation: Operation,
    lease: Lease,
    options: { readonly shouldLeaveTombstone?: boolean } = {},
  ): Promise<Operation | undefined> {
    const row = { id: operation.id, lease };
    const wasDiscarded = await (options.shouldLeaveTombstone
      ? replaceWithTombstone(this.tables, row)
      : deleteUnsent(this.tables, row));
    const takenOver = wasDiscarded ? undefined : await this.find(operation.id);
    if (!takenOver) this.observer.onDiscarded?.(operation);
    return takenOver;
  }

  /** Stores the final outcome and deletes the input. Requires no lease: an event or a later operation may prove the outcome. */
  async settle(id: string, settlement: Settlement, now: number): Promise<SettleResult> {
    return await this.settleIf(id, settlement, { now, condition: {} });
  }

  /** Like `settle`, if the row still meets the condition: checked in the same statement. */
  async settleIf(
    id: string,
    settlement: Settlement,
    options: Omit<SettleRequest, "id" | "settlement" | "isCommand">,
  ): Promise<SettleResult> {
    return await recordOutcome(id, async () => {
      const changed = await settleOperation(this.tables, {
        id,
        settlement,
        ...options,
        ...(this.observer.isCommand && { isCommand: true }),
      });
      const row = changed ?? (await this.getRow(id));
      const operation = fromOperationRow(row);
      if (operation.settledAt === null) return { outcome: "conditionNotMet", operation };
      // Settled by an earlier call whose response was lost: the observer was not called.
      const wasOwnSettlement =
        options.isRetry && operation.settledAt === options.now && operation.status === settlement.status;
      if (!changed && !wasOwnSettlement) return { outcome: "alreadySettled", operation };
      this.observer.onSettled?.(operation);
      this.reportChange(row);
      return { outcome: "settled", operation };
    });
  }

  /** Records an attempt without a response that proves its outcome. Releases the lease; due again at `nextAttemptAt`. */
  async markUnconfirmed(
    id: string,
    lease: Lease,
    options: { nextAttemptAt: number; now: number },
  ): Promise<LeasedResult> {
    const changes: Changes = {
      ...NO_LEASE,
      ...toStatus("UNCONFIRMED"),
      unconfirmed_since: sql<number>`coalesce(unconfirmed_since, ${options.now})`,
      next_attempt_at: options.nextAttemptAt,
    };
    return await recordOutcome(id, () => this.updateUnderLease(id, lease, { changes, event: "responseLost" }));
  }

  /**
   * Records that the operation's window ended without an outcome: it is never sent again. Releases the lease. `isRetry`: the response
   * of the same call was lost before.
   */
  async park(
    id: string,
    lease: Lease,
    { nextAttemptAt = null, isRetry }: { readonly nextAttemptAt?: number | null; readonly isRetry?: boolean } = {},
  ): Promise<LeasedResult> {
    const changes: Changes = { ...NO_LEASE, ...toStatus("NEEDS_ATTENTION"), next_attempt_at: nextAttemptAt };
    return await recordOutcome(id, () =>
      this.updateUnderLease(id, lease, { changes, event: "parked", ...(isRetry && { isRetry }) }),
    );
  }

  /**
   * Releases the lease without an outcome: due again at `nextAttemptAt`, never if it is null, or immediately without it.
   * `shouldResetSent` undoes `markSent`: only for a worker that knows that no byte of any attempt was sent.
   */
  async release(
    id: string,
    lease: Lease,
    options: { nextAttemptAt?: number | null; shouldResetSent?: boolean } = {},
  ): Promise<LeasedResult> {
    const dueColumns = options.nextAttemptAt === undefined ? {} : { next_attempt_at: options.nextAttemptAt };
    const unsentColumns = options.shouldResetSent ? { sent_at: null, attempts: 0, exclusive_on: null } : {};
    return await this.updateUnderLease(id, lease, { changes: { ...NO_LEASE, ...dueColumns, ...unsentColumns } });
  }

  /** Stores what an execution did. Never throws: no outcome depends on it, and the operation may have been discarded. */
  async recordHistory(id: string, entries: readonly HistoryEntry[]): Promise<void> {
    await recordHistory(this.tables, id, entries).catch(() => undefined);
  }

  /**
   * Leases up to `limit` unsettled operations that are due and have no lease, the longest due first. No operation is returned to two
   * callers, and callers do not wait for each other.
   */
  async leaseDue(query: DueQuery): Promise<DueOperation[]> {
    const lease = grantLease(query.owner);
    const rows = await leaseDueRows<OperationRow>(this.database, { ...query, table: "operation" }, lease);
    return rows.map((row) => toDueOperation(this, requireUnsettled(fromOperationRow(row)), lease));
  }

  /** The operation of this id, or undefined. */
  async find(id: string): Promise<Operation | undefined> {
    const row = await findById(this.tables, id);
    return row && fromOperationRow(row);
  }

  /** The operation that this principal claimed with this idempotency key, or undefined. */
  async findByKey(principal: string, idempotencyKey: string): Promise<Operation | undefined> {
    const row = await findByDigest(this.tables, this.encryption.digestKey(principal, idempotencyKey));
    return row && fromOperationRow(row);
  }

  /** A page of the operations that meet the filter. Throws InvalidCursor; RangeError unless `first` is at least 1. */
  async list(query: OperationQuery): Promise<OperationPage> {
    return await listOperations(this.tables, query);
  }

  /** The newest 100 operations of these kinds that succeeded for one user or one recurrence. */
  async listSucceeded(query: OperationsByKindQuery): Promise<SucceededOperation[]> {
    const operations = await listByKind(this.tables, query, "succeeded");
    return operations.filter((operation) => operation.status === "SUCCEEDED");
  }

  /** The newest 100 operations of these kinds that may have been sent for one user or one recurrence. */
  async listSent(query: OperationsByKindQuery): Promise<Operation[]> {
    return await listByKind(this.tables, query, "sent");
  }

  /** See `countUnsettled`. */
  async countUnsettled(): Promise<UnsettledCount[]> {
    return await countUnsettled(this.tables);
  }

  /** Reports what commands have changed since the last call of any process. */
  async reportCommandChanges(): Promise<void> {
    for (const row of await takeUnreported(this.tables)) this.reportChange(row);
  }

  /** The stored input; undefined once it is deleted. Throws DecryptionFailed. */
  decryptInput({ id, encryptedInput }: Pick<Operation, "id" | "encryptedInput">): unknown {
    if (encryptedInput === null) return undefined;
    return JSON.parse(this.encryption.decrypt(encryptedInput, { rowId: id, purpose: "input" })) as unknown;
  }

  /** The caller's idempotency key; must be shown to that caller only. Throws DecryptionFailed. */
  decryptIdempotencyKey({ id, encryptedIdempotencyKey }: Pick<Operation, "id" | "encryptedIdempotencyKey">): string {
    return this.encryption.decrypt(encryptedIdempotencyKey, { rowId: id, purpose: "idempotencyKey" });
  }

  private withReduced<Query extends Pick<ExclusiveLock, "recurrenceId">>(query: Query): Query & ReducedRecurrence {
    return { ...query, reducedRecurrenceId: reduceRecurrenceId(this.encryption, query.recurrenceId) };
  }

  private async updateUnderLease(id: string, lease: Lease, change: LeasedChange): Promise<LeasedResult> {
    const row = await updateLeasedRow(this.tables, { id, lease }, change);
    if (row) {
      if (change.changes.status !== undefined) this.reportChange(row);
      return { outcome: "done", operation: fromOperationRow(row) };
    }
    const current = await this.getRow(id);
    if (isOwnChange(current, change)) this.reportChange(current);
    return { outcome: "leaseLost", operation: fromOperationRow(current) };
  }

  private reportChange(row: OperationRow): void {
    const from = row.previous_status;
    if (from !== null && from !== row.status) this.observer.onStatusChanged?.(fromOperationRow(row), from);
  }

  private async getRow(id: string): Promise<OperationRow> {
    const row = await findById(this.tables, id);
    if (!row) throw new OperationNotFound(id);
    return row;
  }
}

/** What `markSent` has changed is marked as sent. */
function requireSent(operation: Operation): SentOperation {
  const isSent = operation.status === "UNCONFIRMED" || (operation.status === "PENDING" && operation.sentAt !== null);
  if (!isSent) throw new Error("The operation was not marked as sent");
  return operation;
}
