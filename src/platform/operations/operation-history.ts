import { randomUUID } from "node:crypto";
import { type Kysely } from "kysely";
import { type FailureKind, type ProviderFailure } from "../http/client/provider-failure";
import { type OperationTables } from "./operation-row";

/** The table of history entries. */
export type HistoryTables = { operation_history: HistoryRow };

type HistoryRow = {
  id: string;
  operation_id: string;
  at: number;
  step: HistoryEntry["step"];
  attempt: number | null;
  outcome: HistoryEntry["outcome"];
  http_status: number | null;
};

/** What a worker, or an operator's command, did for an operation; for people, no decision depends on it. */
export interface HistoryEntry {
  /** When it began, epoch ms. */
  readonly at: number;
  /** `prepare`: the provider was read before the sending. `read`: for the outcome. `operatorRead`: the same, by a command. */
  readonly step: "prepare" | "attempt" | "read" | "operatorRead";
  /** The number of the attempt, from 1. */
  readonly attempt: number | null;
  /** `proof`: the read proved the success. `noProof`: it proved nothing. */
  readonly outcome: "succeeded" | "failed" | "proof" | "noProof" | FailureKind;
  /** The provider's HTTP status, if it is known. */
  readonly httpStatus: number | null;
}

/** What a failed call says about itself. */
export const toHistoryOutcome = (failure: ProviderFailure): Pick<HistoryEntry, "outcome" | "httpStatus"> => ({
  outcome: failure.kind,
  httpStatus: failure.status ?? null,
});

/** A first attempt that succeeds is in the row: it needs no entry. */
const isInRow = ({ step, attempt, outcome }: HistoryEntry) =>
  step === "attempt" && attempt === 1 && outcome === "succeeded";

/** Stores the entries of one execution with one statement; none if the operation simply succeeded. */
export async function recordHistory(
  database: Kysely<OperationTables>,
  operationId: string,
  entries: readonly HistoryEntry[],
): Promise<void> {
  if (entries.every(isInRow)) return;
  const rows = entries.map(({ at, step, attempt, outcome, httpStatus }) => ({
    id: randomUUID(),
    operation_id: operationId,
    at,
    step,
    attempt,
    outcome,
    http_status: httpStatus,
  }));
  await database.$extendTables<HistoryTables>().insertInto("operation_history").values(rows).execute();
}

/** The entries of one operation, oldest first. */
export async function listHistory(database: Kysely<OperationTables>, operationId: string): Promise<HistoryEntry[]> {
  const rows = await database
    .$extendTables<HistoryTables>()
    .selectFrom("operation_history")
    .selectAll()
    .where("operation_id", "=", operationId)
    .execute();
  return rows
    .map(({ at, step, attempt, outcome, http_status }) => ({ at, step, attempt, outcome, httpStatus: http_status }))
    .toSorted((one, other) => one.at - other.at || (one.attempt ?? 0) - (other.attempt ?? 0));
}

/** Deletes the entries of these operations. */
export async function deleteHistory(database: Kysely<OperationTables>, operationIds: readonly string[]): Promise<void> {
  await database
    .$extendTables<HistoryTables>()
    .deleteFrom("operation_history")
    .where("operation_id", "in", operationIds)
    .execute();
}
