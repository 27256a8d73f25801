import { type Kysely, sql } from "kysely";
import { type DueQuery, grantLease, type Lease, leaseDueRows, NO_LEASE } from "../database/due-rows";
import { type Database } from "../database/open-database";
import { toDueOperation } from "./to-due-operation";
import { OperationNotFound, recordOutcome } from "./operation.errors";
import { claimOperation, findByDigest } from "./claim-operation";
import { deleteUnsent, replaceWithTombstone, findById } from "./discard-operation";
import { type EarlierQuery, findEarlier, type ExclusiveLock, acquireExclusiveLock } from "./exclusive-lock";
import { type Changes, updateLeasedRow, type LeasedChange } from "./operation-lease";
import { listByKind, listOperations } from "./operation-list";
import { type OperationTables, fromOperationRow, type OperationRow } from "./operation-row";
import { isSettled } from "./operation-status.state";
import {
  type Claim,
  type ClaimResult,
  type DueOperation,
  type OperationsByKindQuery,
  type LeasedResult,
  type Operation,
  type OperationPage,
  type OperationQuery,
  type Settlement,
  type SettleResult,
} from "./operation";
import { type Encryption } from "../kernel/encryption";
import { settleOperation, type SettleRequest } from "./settle-operation";

/**
 * The memory of everything we ask others to do. Each method is one or two statements, atomic between any number of processes on
 * either database. All of them throw DatabaseUnavailable when it cannot be reached, but for those that record what an attempt came
 * to (`settle`, `settleIf`, `markUnconfirmed`, `park`): they throw OutcomeNotRecorded then. An id nobody claimed is
 * OperationNotFound. Times are epoch milliseconds and passed in; leases hold between processes whose clocks differ by much less than a lease.
 */
export class OperationStore {
  private readonly tables: Kysely<OperationTables>;

  constructor(
    private readonly database: Database,
    private readonly encryption: Encryption,
    private readonly onSettled: (operation: Operation) => void = () => undefined, // once for each, whatever settled it
  ) {
    this.tables = database.kysely.$extendTables<OperationTables>();
  }

  /**
   * Makes (principal, idempotency key) the caller's own, or says what became of it. Exactly one of any number of concurrent claims
   * is `claimed`. After DatabaseUnavailable the same claim may be made again: with the same `id` it is `claimed` if it was stored
   * before and nobody has taken over. Throws TypeError for an input that is no JSON.
   */
  async claim(claim: Claim): Promise<ClaimResult> {
    return await claimOperation(this.tables, this.encryption, claim);
  }

  /**
   * To be called before every attempt; only after `done` may it leave. Counts it, and writes down that something may have been sent.
   * `attempts` are those before this one: a repeated call counts it once. A lease that ran out is lost even if nobody has taken over
   * yet. After DatabaseUnavailable nothing may be sent.
   */
  async markSent(
    { id, attempts }: Pick<Operation, "id" | "attempts">,
    lease: Lease,
    now: number,
  ): Promise<LeasedResult> {
    const changes: Changes = { sent_at: sql<number>`coalesce(sent_at, ${now})`, attempts: attempts + 1 };
    const change = { changes, event: "sent", validAt: now, attempts: [attempts, attempts + 1] } as const;
    return await this.updateUnderLease(id, lease, change);
  }

  /** See `acquireExclusiveLock`. To be called before `markSent`, once it is known that the operation may be sent. */
  async acquireLock(id: string, lease: Lease, lock: ExclusiveLock): Promise<boolean> {
    return await acquireExclusiveLock(this.tables, { id, lease }, lock);
  }

  /** See `findEarlier`: what stands in the way of a hold, or once did. */
  async findEarlier(query: EarlierQuery): Promise<Operation[]> {
    return await findEarlier(this.tables, query);
  }

  /**
   * Removes an operation of which nothing was sent; its key is free again. With `shouldLeaveTombstone` its claim, which may still be on its way to
   * the database, stores nothing either. Returns undefined once it is gone, also when an earlier call removed it and its answer was
   * lost; otherwise the operation, which another worker has taken over.
   */
  async discard(
    id: string,
    lease: Lease,
    options: { readonly shouldLeaveTombstone?: boolean } = {},
  ): Promise<Operation | undefined> {
    const row = { id, lease };
    const wasDiscarded = await (options.shouldLeaveTombstone
      ? replaceWithTombstone(this.tables, row)
      : deleteUnsent(this.tables, row));
    return wasDiscarded ? undefined : await this.find(id);
  }

  /** Stores how it ended, once for ever, and wipes the input. Needs no lease: evidence counts wherever it comes from. */
  async settle(id: string, settlement: Settlement, now: number): Promise<SettleResult> {
    return await this.settleIf(id, settlement, { now, condition: {} });
  }

  /** As `settle`, if the row still meets the condition: checked in the same statement. */
  async settleIf(
    id: string,
    settlement: Settlement,
    options: Omit<SettleRequest, "id" | "settlement">,
  ): Promise<SettleResult> {
    return await recordOutcome(id, async () => {
      const row = await settleOperation(this.tables, { id, settlement, ...options });
      const operation = row ? fromOperationRow(row) : await this.get(id);
      // Settled by the call whose answer was lost: its subscribers were not told.
      const wasOwnSettlement =
        options.isRetry && operation.settledAt === options.now && operation.status === settlement.status;
      if (row || wasOwnSettlement) {
        this.onSettled(operation);
        return { outcome: "settled", operation };
      }
      return { outcome: isSettled(operation.status) ? "alreadySettled" : "superseded", operation };
    });
  }

  /** An attempt ended without an answer to trust. Gives the lease back; the operation is due again at `nextAttemptAt`. */
  async markUnconfirmed(
    id: string,
    lease: Lease,
    options: { nextAttemptAt: number; now: number },
  ): Promise<LeasedResult> {
    const changes: Changes = {
      ...NO_LEASE,
      status: "UNCONFIRMED",
      unconfirmed_since: sql<number>`coalesce(unconfirmed_since, ${options.now})`,
      next_attempt_at: options.nextAttemptAt,
    };
    return await recordOutcome(id, () => this.updateUnderLease(id, lease, { changes, event: "answerLost" }));
  }

  /** Asking any further is of no use. Gives the lease back; `leaseDue` leaves it alone from now on, `settle` still works. */
  async park(id: string, lease: Lease): Promise<LeasedResult> {
    const changes: Changes = { ...NO_LEASE, status: "NEEDS_ATTENTION", next_attempt_at: null };
    return await recordOutcome(id, () => this.updateUnderLease(id, lease, { changes, event: "gaveUp" }));
  }

  /**
   * Gives the lease back without an outcome: due again at `nextAttemptAt`, or at once if it is left out. `unsent` takes `markSent`
   * back, for whoever knows that not a byte of any attempt has left.
   */
  async release(
    id: string,
    lease: Lease,
    options: { nextAttemptAt?: number; shouldResetSent?: boolean } = {},
  ): Promise<LeasedResult> {
    const dueColumns = options.nextAttemptAt === undefined ? {} : { next_attempt_at: options.nextAttemptAt };
    const unsentColumns = options.shouldResetSent ? { sent_at: null, attempts: 0, exclusive_on: null } : {};
    return await this.updateUnderLease(id, lease, { changes: { ...NO_LEASE, ...dueColumns, ...unsentColumns } });
  }

  /**
   * Leases up to `limit` unsettled operations that are due and nobody's, the longest due first. No operation is given to two callers;
   * callers do not wait for each other.
   */
  async leaseDue(query: DueQuery): Promise<DueOperation[]> {
    const lease = grantLease(query.owner);
    const rows = await leaseDueRows<OperationRow>(this.database, { ...query, table: "operation" }, lease);
    return rows.map((row) => toDueOperation(this, fromOperationRow(row), lease));
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

  /** A page of the operations of one subject or target, newest first. Throws InvalidCursor; RangeError unless `first` is at least 1. */
  async list(query: OperationQuery): Promise<OperationPage> {
    return await listOperations(this.tables, query);
  }

  /** The newest 100 operations of these kinds that succeeded for one subject or target. */
  async listSucceeded(query: OperationsByKindQuery): Promise<Operation[]> {
    return await listByKind(this.tables, query, "succeeded");
  }

  /** The newest 100 operations of these kinds that may have been sent for one subject or target. */
  async listSent(query: OperationsByKindQuery): Promise<Operation[]> {
    return await listByKind(this.tables, query, "sent");
  }

  /** The stored input, or undefined once it was wiped. Throws DecryptionFailed. */
  decryptInput({ id, encryptedInput }: Operation): unknown {
    if (encryptedInput === null) return undefined;
    return JSON.parse(this.encryption.decrypt(encryptedInput, { rowId: id, purpose: "input" })) as unknown;
  }

  /** The caller's idempotency key, to be shown to that caller. Throws DecryptionFailed. */
  decryptIdempotencyKey({ id, encryptedIdempotencyKey }: Operation): string {
    return this.encryption.decrypt(encryptedIdempotencyKey, { rowId: id, purpose: "idempotencyKey" });
  }

  private async updateUnderLease(id: string, lease: Lease, change: LeasedChange): Promise<LeasedResult> {
    const row = await updateLeasedRow(this.tables, { id, lease }, change);
    if (row) return { outcome: "done", operation: fromOperationRow(row) };
    return { outcome: "leaseLost", operation: await this.get(id) };
  }

  private async get(id: string): Promise<Operation> {
    const operation = await this.find(id);
    if (!operation) throw new OperationNotFound(id);
    return operation;
  }
}
