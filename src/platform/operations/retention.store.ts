import { type Kysely, sql } from "kysely";
import { type Database } from "../database/open-database";
import { type Encryption } from "../kernel/encryption";
import { type Operation, type SettledOperation } from "./operation";
import { executeAll } from "./operation-list";
import { fromOperationRow, type OperationRow, type OperationTables } from "./operation-row";
import { isSettled, operationStatuses } from "./operation-status.state";
import { reduceOperations, REDUCTION_BATCH_SIZE } from "./reduce-operations";

/** A user as operations name one: whom they concern, and who requested them. */
export interface UserKeys {
  /** Undefined if no operation can concern this user. */
  readonly userId?: string;
  readonly principal: string;
}

/** `undecided`: nothing was changed, because the outcomes of these operations are not known. `count`: of this batch; 0 if nothing is left. */
export type EraseResult =
  | { readonly outcome: "undecided"; readonly operations: readonly Operation[] }
  | { readonly outcome: "erased"; readonly count: number };

export interface ReductionOptions {
  /** Operations that were settled before this moment are reduced (epoch ms). */
  readonly before: number;
  readonly now: number;
  /** Called with the operations of the batch before they are reduced. If the process then ends, it is called again. */
  readonly beforeReduction: (operations: readonly SettledOperation[]) => Promise<void>;
}

export type RetentionStore = ReturnType<typeof createRetentionStore>;

/** Literals, as in the predicate of a partial index: the operation concerns another user than its requester, or none. */
const FOR_OTHERS = sql<boolean>`principal <> coalesce(user_id, '') and principal <> ''`;

/** Maximum number of undecided operations that are named for each status. */
const MAX_UNDECIDED = 100;

const UNDECIDED = operationStatuses.filter((status) => !isSettled(status));

/**
 * Removes what operations hold about people, in batches: each is one short transaction. Throws DatabaseUnavailable. Only settled
 * operations are changed, so that nobody who executes an operation meets a reduced one.
 */
export function createRetentionStore({ database, encryption }: { database: Database; encryption: Encryption }) {
  const tables = database.kysely.$extendTables<OperationTables>();
  const isPostgres = database.dialect === "postgres"; // SQLite's transactions have the write lock from the start

  /** Reads the undecided operations of all users, which are few: no index has those of one user without its history. */
  async function selectUndecided(transaction: Kysely<OperationTables>, user: UserKeys): Promise<Operation[]> {
    const { userId, principal } = user;
    const selects = UNDECIDED.map((status) =>
      transaction
        .selectFrom("operation")
        .selectAll()
        .where("status", "=", status)
        .where((row) =>
          row.or([
            row("principal", "=", principal),
            ...(userId === undefined ? [] : [row(sql<string>`coalesce(user_id, '')`, "=", userId)]),
          ]),
        )
        .orderBy("created_at")
        .orderBy("id")
        .limit(MAX_UNDECIDED),
    );
    return (await executeAll(transaction, selects)).map(fromOperationRow);
  }

  const selectConcerning = (reader: Kysely<OperationTables>, userId: string) =>
    reader.selectFrom("operation").where("user_id", "=", userId);

  const selectRequestedForOthers = (reader: Kysely<OperationTables>, principal: string) =>
    reader.selectFrom("operation").where("principal", "=", principal).where(FOR_OTHERS);

  /** One batch; settled ones, except those that were requested since the caller has looked. */
  async function lockBatch(transaction: Kysely<OperationTables>, user: UserKeys): Promise<OperationRow[]> {
    const { userId, principal } = user;
    const concerning =
      userId === undefined
        ? []
        : await selectConcerning(transaction, userId)
            .selectAll()
            .orderBy("created_at")
            .orderBy("id")
            .limit(REDUCTION_BATCH_SIZE)
            .$if(isPostgres, (select) => select.forUpdate())
            .execute();
    if (concerning.length > 0) return concerning;
    return await selectRequestedForOthers(transaction, principal)
      .selectAll()
      .orderBy("id")
      .limit(REDUCTION_BATCH_SIZE)
      .$if(isPostgres, (select) => select.forUpdate())
      .execute();
  }

  /** These operations concern other users, so they stay. */
  async function forgetRequester(transaction: Kysely<OperationTables>, rows: readonly OperationRow[]): Promise<void> {
    if (rows.length === 0) return;
    const ids = rows.map(({ id }) => id);
    await transaction
      .updateTable("operation")
      .set({ principal: "", encrypted_idempotency_key: "" })
      .where("id", "in", ids)
      .execute();
  }

  return {
    /**
     * Reduces one batch of expired operations, the longest settled first; returns their number. Of several replicas that do so at the
     * same time, one reduces them.
     */
    async reduceSettled({ before, now, beforeReduction }: ReductionOptions): Promise<number> {
      const expired = await tables
        .selectFrom("operation")
        .selectAll()
        .where("settled_at", "<", before)
        .where("reduced_at", "is", null)
        .orderBy("settled_at")
        .orderBy("id")
        .limit(REDUCTION_BATCH_SIZE)
        .execute();
      if (expired.length === 0) return 0;
      await beforeReduction(expired.map(fromOperationRow).filter((operation) => operation.settledAt !== null));
      const ids = expired.map(({ id }) => id);
      return await tables.transaction().execute(async (transaction) => {
        const rows = await transaction
          .selectFrom("operation")
          .selectAll()
          .where("id", "in", ids)
          .where("reduced_at", "is", null)
          .$if(isPostgres, (select) => select.forUpdate().skipLocked())
          .execute();
        await reduceOperations(transaction, encryption, { rows, now });
        return rows.length;
      });
    },

    /** Erases one batch of what operations hold about a user, unless one is undecided. Call it until nothing is left. */
    async eraseUser(user: UserKeys, now: number): Promise<EraseResult> {
      return await tables.transaction().execute(async (transaction): Promise<EraseResult> => {
        const operations = await selectUndecided(transaction, user);
        if (operations.length > 0) return { outcome: "undecided", operations };
        const batch = await lockBatch(transaction, user);
        const settled = batch.filter(({ settled_at }) => settled_at !== null);
        // An operation that concerns no user is its requester's own if none can concern this requester.
        const isOwn = ({ user_id }: OperationRow) => (user_id ?? undefined) === user.userId;
        await reduceOperations(transaction, encryption, { rows: settled.filter(isOwn), now });
        await forgetRequester(
          transaction,
          settled.filter((row) => !isOwn(row)),
        );
        return { outcome: "erased", count: batch.length };
      });
    },

    /** The operations that keep a user from being erased, by status, oldest first; at most 100 of each status. */
    async findUndecided(user: UserKeys): Promise<Operation[]> {
      return await selectUndecided(tables, user);
    },

    /** The number of operations that `eraseUser` changes. */
    async countOfUser({ userId, principal }: UserKeys): Promise<number> {
      const queries = [
        ...(userId === undefined ? [] : [selectConcerning(tables, userId)]),
        selectRequestedForOthers(tables, principal),
      ];
      const counts = await Promise.all(
        queries.map((query) => query.select((row) => row.fn.countAll<number>().as("count")).executeTakeFirstOrThrow()),
      );
      return counts.reduce((sum, { count }) => sum + count, 0);
    },

    /** One page of operations that a user requested, and that concern another user or none; by id, after this one. */
    async listRequestedForOthers({ principal }: UserKeys, after: string): Promise<Operation[]> {
      const rows = await selectRequestedForOthers(tables, principal)
        .selectAll()
        .where("id", ">", after)
        .orderBy("id")
        .limit(REDUCTION_BATCH_SIZE)
        .execute();
      return rows.map(fromOperationRow);
    },
  };
}
