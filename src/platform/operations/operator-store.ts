import { randomUUID } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { readDatabaseTime } from "../database/database-time";
import { type Database } from "../database/open-database";
import { type MessageTarget, sendMessages } from "../pubsub/notification-table";
import { type PubSubMessage } from "../pubsub/pub-sub";
import { findById } from "./find-operation";
import { type Operation, type Settlement, type SettledOperation } from "./operation";
import { type Decision, findProposals, insertDecision, isSamePerson, listDecisions } from "./operation-decision";
import { type HistoryEntry, listHistory, recordHistory } from "./operation-history";
import { fromOperationRow, type OperationTables } from "./operation-row";
import { settleOperation } from "./settle-operation";

/** An operation as a person sees it. */
export interface SeenOperation {
  readonly operation: Operation;
  /** Who executes it now, and until when (epoch ms) at the latest. */
  readonly lease: { readonly owner: string; readonly until: number } | null;
}

export interface DecisionRequest {
  /** As the person has seen it. */
  readonly seen: Operation;
  readonly settlement: Settlement;
  readonly decision: Pick<Decision, "decidedBy" | "reason" | "evidence" | "providerView" | "objection">;
  readonly needsSecondPerson: boolean;
}

/**
 * `changed`: the row is not as it was seen, or has a lease: nothing was stored. `proposed`: another person must decide the same, and
 * those who have proposed the other outcome must change their minds.
 */
export type DecisionResult =
  | { readonly outcome: "settled"; readonly operation: Operation }
  | { readonly outcome: "changed" }
  | { readonly outcome: "proposed"; readonly dissenters: readonly string[] };

export interface OperatorStoreOptions {
  readonly database: Database;
  /** What the running processes are told when an operation has settled. */
  readonly messagesOf: (operation: SettledOperation) => readonly PubSubMessage[];
}

/**
 * What people see of operations, and decide about them. Each change is one transaction with its record and its messages. The time is
 * that of the database: the clock of the machine where a command runs can be wrong by more than a lease.
 */
export function createOperatorStore({ database, messagesOf }: OperatorStoreOptions) {
  const tables = database.kysely.$extendTables<OperationTables>();
  const sender = randomUUID();

  const inTransaction = <Result>(run: (transaction: Kysely<OperationTables>) => Promise<Result>): Promise<Result> =>
    tables.transaction().execute(run);

  async function publishSettlement(transaction: Kysely<OperationTables>, operation: Operation): Promise<void> {
    if (operation.settledAt === null) return;
    const kysely = transaction as unknown as MessageTarget["kysely"];
    await sendMessages({ kysely, dialect: database.dialect }, sender, messagesOf(operation));
  }

  /** Two people who decide at the same time wait for each other. */
  async function lockRow(transaction: Kysely<OperationTables>, id: string): Promise<void> {
    if (database.dialect === "sqlite") return; // its transactions have the write lock from the start
    await sql`select id from operation where id = ${id} for update`.execute(transaction);
  }

  return {
    async find(id: string): Promise<SeenOperation | undefined> {
      const [row, now] = [await findById(tables, id), await readDatabaseTime(database)];
      if (!row) return undefined;
      const { lease_owner: owner, lease_until: until } = row;
      const lease = owner !== null && until !== null && until > now ? { owner, until } : null;
      return { operation: fromOperationRow(row), lease };
    },

    listHistory: (id: string): Promise<HistoryEntry[]> => listHistory(tables, id),
    listDecisions: (id: string): Promise<Decision[]> => listDecisions(tables, id),
    recordRead: (id: string, entry: HistoryEntry): Promise<void> => recordHistory(tables, id, [entry]),

    /** Settles an operation that the provider has proved to have succeeded. Undefined if it was settled before. */
    async settleProven(id: string, result?: unknown): Promise<Operation | undefined> {
      return await inTransaction(async (transaction) => {
        const now = await readDatabaseTime({ kysely: transaction, dialect: database.dialect });
        const settlement: Settlement = { status: "SUCCEEDED", result };
        const row = await settleOperation(transaction, { id, settlement, now, condition: {}, isCommand: true });
        if (!row) return undefined;
        const operation = fromOperationRow(row);
        await publishSettlement(transaction, operation);
        return operation;
      });
    },

    /** Stores a person's decision if the operation is as that person has seen it. */
    async decide({ seen, settlement, decision, needsSecondPerson }: DecisionRequest): Promise<DecisionResult> {
      const { id, status, attempts } = seen;
      return await inTransaction(async (transaction): Promise<DecisionResult> => {
        if (needsSecondPerson) await lockRow(transaction, id);
        const now = await readDatabaseTime({ kysely: transaction, dialect: database.dialect });
        const outcome = settlement.status;
        const record = { ...decision, at: now, outcome, statusBefore: status, attemptsBefore: attempts };
        if (needsSecondPerson) {
          const row = await findById(transaction, id);
          const isLeased = row?.lease_until != null && row.lease_until > now;
          const isAsSeen = row?.status === status && row.attempts === attempts && row.reads === seen.reads;
          if (!isAsSeen || isLeased) return { outcome: "changed" };
          const others = findProposals(await listDecisions(transaction, id), seen, now).filter(
            ({ decidedBy }) => !isSamePerson(decidedBy, decision.decidedBy),
          );
          const dissenters = others.filter((one) => one.outcome !== outcome).map(({ decidedBy }) => decidedBy);
          // Who saw no objection, or another one, has not agreed to override this one.
          const isAgreed = others.some(
            (one) => one.outcome === outcome && (decision.objection === null || one.objection === decision.objection),
          );
          if (!isAgreed || dissenters.length > 0) {
            await insertDecision(transaction, id, { ...record, step: "PROPOSED" });
            return { outcome: "proposed", dissenters };
          }
        }
        const row = await settleOperation(transaction, {
          ...{ id, settlement, now },
          condition: { asSeen: seen },
          isCommand: true,
        });
        if (!row) return { outcome: "changed" };
        const operation = fromOperationRow(row);
        await insertDecision(transaction, id, { ...record, step: "SETTLED" });
        await publishSettlement(transaction, operation);
        return { outcome: "settled", operation };
      });
    },
  };
}
