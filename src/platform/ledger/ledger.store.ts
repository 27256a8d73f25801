import { type Kysely, sql } from "kysely";
import { type DueQuery, grantLease, type Lease, leaseDueRows, NOBODYS } from "../database/due-rows";
import { type Database } from "../database/open-database";
import { dueOperation } from "./due-operation";
import { OperationNotFound, recorded } from "./ledger.errors";
import { claimOperation, findByDigest } from "./claim-operation";
import { abandon, bury, findById } from "./abandoned-operation";
import { type EarlierQuery, findEarlier, type Hold, holdExclusively } from "./exclusive-hold";
import { type Changes, changeUnderLease, type LeasedStep } from "./operation-lease";
import { listByKind, listOperations } from "./operation-list";
import { type LedgerTables, operationOf, type OperationRow } from "./operation-row";
import { isSettled } from "./operation-status.state";
import {
  type Claim,
  type ClaimResult,
  type DueOperation,
  type KindsQuery,
  type LeasedResult,
  type Operation,
  type OperationPage,
  type OperationQuery,
  type Settlement,
  type SettleResult,
} from "./operation.type";
import { type Sealing } from "./sealing";
import { settleOperation, type Settling } from "./settle-operation";

/**
 * The memory of everything we ask others to do. Each method is one or two statements, atomic between any number of processes on
 * either database. All of them throw DatabaseUnavailable when it cannot be reached, but for those that record what an attempt came
 * to (`settle`, `settleIf`, `markUnconfirmed`, `needsAttention`): they throw OutcomeNotRecorded then. An id nobody claimed is
 * OperationNotFound. Times are epoch milliseconds and passed in; leases hold between processes whose clocks differ by much less than a lease.
 */
export class Ledger {
  private readonly tables: Kysely<LedgerTables>;

  constructor(
    private readonly database: Database,
    private readonly sealing: Sealing,
    private readonly onSettled: (operation: Operation) => void = () => undefined, // once for each, whatever settled it
  ) {
    this.tables = database.kysely.$extendTables<LedgerTables>();
  }

  /**
   * Makes (principal, idempotency key) the caller's own, or says what became of it. Exactly one of any number of concurrent claims
   * is `claimed`. After DatabaseUnavailable the same claim may be made again: with the same `id` it is `claimed` if it was stored
   * before and nobody has taken over. Throws TypeError for an input that is no JSON.
   */
  async claim(claim: Claim): Promise<ClaimResult> {
    return await claimOperation(this.tables, this.sealing, claim);
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
    const step = { changes, event: "sent", validAt: now, attempts: [attempts, attempts + 1] } as const;
    return await this.underLease(id, lease, step);
  }

  /** See `holdExclusively`. To be called before `markSent`, once it is known that the operation may be sent. */
  async hold(id: string, lease: Lease, hold: Hold): Promise<boolean> {
    return await holdExclusively(this.tables, { id, lease }, hold);
  }

  /** See `findEarlier`: what stands in the way of a hold, or once did. */
  async earlier(query: EarlierQuery): Promise<Operation[]> {
    return await findEarlier(this.tables, query);
  }

  /**
   * Removes an operation of which nothing was sent; its key is free again. With `blocksId` its claim, which may still be on its way to
   * the database, stores nothing either. Returns undefined once it is gone, also when an earlier call removed it and its answer was
   * lost; otherwise the operation, which another worker has taken over.
   */
  async abandon(id: string, lease: Lease, how: { readonly blocksId?: boolean } = {}): Promise<Operation | undefined> {
    const row = { id, lease };
    const isGone = await (how.blocksId ? bury(this.tables, row) : abandon(this.tables, row));
    return isGone ? undefined : await this.find(id);
  }

  /** Stores how it ended, once for ever, and wipes the input. Needs no lease: evidence counts wherever it comes from. */
  async settle(id: string, settlement: Settlement, now: number): Promise<SettleResult> {
    return await this.settleIf(id, settlement, { now, condition: {} });
  }

  /** As `settle`, if the row still meets the condition: checked in the same statement. */
  async settleIf(id: string, settlement: Settlement, when: Omit<Settling, "id" | "settlement">): Promise<SettleResult> {
    return await recorded(id, async () => {
      const row = await settleOperation(this.tables, { id, settlement, ...when });
      const operation = row ? operationOf(row) : await this.get(id);
      // Settled by the call whose answer was lost: its subscribers were not told.
      const isOwn = when.isRepeat && operation.settledAt === when.now && operation.status === settlement.status;
      if (row || isOwn) {
        this.onSettled(operation);
        return { outcome: "settled", operation };
      }
      return { outcome: isSettled(operation.status) ? "alreadySettled" : "superseded", operation };
    });
  }

  /** An attempt ended without an answer to trust. Gives the lease back; the operation is due again at `nextAttemptAt`. */
  async markUnconfirmed(id: string, lease: Lease, when: { nextAttemptAt: number; now: number }): Promise<LeasedResult> {
    const changes: Changes = {
      ...NOBODYS,
      status: "UNCONFIRMED",
      unconfirmed_since: sql<number>`coalesce(unconfirmed_since, ${when.now})`,
      next_attempt_at: when.nextAttemptAt,
    };
    return await recorded(id, () => this.underLease(id, lease, { changes, event: "answerLost" }));
  }

  /** Asking any further is of no use. Gives the lease back; `takeDue` leaves it alone from now on, `settle` still works. */
  async needsAttention(id: string, lease: Lease): Promise<LeasedResult> {
    const changes: Changes = { ...NOBODYS, status: "NEEDS_ATTENTION", next_attempt_at: null };
    return await recorded(id, () => this.underLease(id, lease, { changes, event: "gaveUp" }));
  }

  /**
   * Gives the lease back without an outcome: due again at `nextAttemptAt`, or at once if it is left out. `unsent` takes `markSent`
   * back, for whoever knows that not a byte of any attempt has left.
   */
  async release(
    id: string,
    lease: Lease,
    when: { nextAttemptAt?: number; unsent?: boolean } = {},
  ): Promise<LeasedResult> {
    const due = when.nextAttemptAt === undefined ? {} : { next_attempt_at: when.nextAttemptAt };
    const unsent = when.unsent ? { sent_at: null, attempts: 0, exclusive_on: null } : {};
    return await this.underLease(id, lease, { changes: { ...NOBODYS, ...due, ...unsent } });
  }

  /**
   * Leases up to `limit` unsettled operations that are due and nobody's, the longest due first. No operation is given to two callers;
   * callers do not wait for each other.
   */
  async takeDue(query: DueQuery): Promise<DueOperation[]> {
    const lease = grantLease(query.owner);
    const rows = await leaseDueRows<OperationRow>(this.database, { ...query, table: "operation" }, lease);
    return rows.map((row) => dueOperation(this, operationOf(row), lease));
  }

  /** The operation of this id, or undefined. */
  async find(id: string): Promise<Operation | undefined> {
    const row = await findById(this.tables, id);
    return row && operationOf(row);
  }

  /** The operation that this principal claimed with this idempotency key, or undefined. */
  async findByKey(principal: string, idempotencyKey: string): Promise<Operation | undefined> {
    const row = await findByDigest(this.tables, this.sealing.digestKey(principal, idempotencyKey));
    return row && operationOf(row);
  }

  /** A page of the operations of one subject or target, newest first. Throws InvalidCursor; RangeError unless `first` is at least 1. */
  async list(query: OperationQuery): Promise<OperationPage> {
    return await listOperations(this.tables, query);
  }

  /** The newest 100 operations of these kinds that succeeded for one subject or target. */
  async succeeded(query: KindsQuery): Promise<Operation[]> {
    return await listByKind(this.tables, query, "succeeded");
  }

  /** The newest 100 operations of these kinds that may have been sent for one subject or target. */
  async sent(query: KindsQuery): Promise<Operation[]> {
    return await listByKind(this.tables, query, "sent");
  }

  /** The stored input, or undefined once it was wiped. Throws SealBroken. */
  openInput({ id, sealedInput }: Operation): unknown {
    if (sealedInput === null) return undefined;
    return JSON.parse(this.sealing.open(sealedInput, { rowId: id, purpose: "input" })) as unknown;
  }

  /** The caller's idempotency key, to be shown to that caller. Throws SealBroken. */
  openKey({ id, sealedKey }: Operation): string {
    return this.sealing.open(sealedKey, { rowId: id, purpose: "idempotencyKey" });
  }

  private async underLease(id: string, lease: Lease, step: LeasedStep): Promise<LeasedResult> {
    const row = await changeUnderLease(this.tables, { id, lease }, step);
    if (row) return { outcome: "done", operation: operationOf(row) };
    return { outcome: "leaseLost", operation: await this.get(id) };
  }

  private async get(id: string): Promise<Operation> {
    const operation = await this.find(id);
    if (!operation) throw new OperationNotFound(id);
    return operation;
  }
}
