import { randomUUID } from "node:crypto";
import { type Kysely } from "kysely";
import { type Operation } from "./operation";
import { type OperationStatus } from "./operation-status.state";
import { type OperationTables } from "./operation-row";

/**
 * What speaks against a decision. `otherOutcome`: the provider showed the other outcome. `notKnown`: the provider did not know what
 * the operation is about. `notRead`: the provider could not be read. `unconfirmed`: the program itself still looked for the outcome.
 */
export type Objection = "otherOutcome" | "notKnown" | "notRead" | "unconfirmed";

/**
 * What a person decided about an operation, and on which grounds. Holds no personal data but the person's name. The texts are empty
 * once they are erased.
 */
export interface Decision {
  /** Epoch ms. */
  readonly at: number;
  /** `PROPOSED`: a second person must decide the same. `SETTLED`: it settled the operation. */
  readonly step: "PROPOSED" | "SETTLED";
  readonly outcome: "SUCCEEDED" | "FAILED";
  readonly decidedBy: string;
  readonly reason: string;
  readonly evidence: string;
  /** What the provider showed then. */
  readonly providerView: string;
  /** What spoke against it and was overridden; null if nothing did. */
  readonly objection: Objection | null;
  readonly statusBefore: OperationStatus;
  readonly attemptsBefore: number;
}

/** The table of decisions. */
type DecisionTables = OperationTables & { operation_decision: DecisionRow };

type DecisionRow = {
  id: string;
  operation_id: string;
  at: number;
  step: Decision["step"];
  outcome: Decision["outcome"];
  decided_by: string;
  reason: string;
  evidence: string;
  provider_view: string;
  /** 1 if the provider showed the other outcome; an earlier release stored 1 for each objection, and no `objection`. */
  against_provider: number;
  objection: Objection | null;
  status_before: OperationStatus;
  attempts_before: number;
};

/** Two spellings of one name are one person: only its letters and digits count, without accents, case, width and invisible characters. */
const normalizeName = (name: string) =>
  name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{Default_Ignorable_Code_Point}/gu, "")
    .replace(/[^\p{L}\p{N}]/gu, "");
export const isSamePerson = (one: string, other: string) => normalizeName(one) === normalizeName(other);

/** A proposal is for the operation as it was, and for this long. */
const PROPOSAL_MS = 24 * 3_600_000;

/** The decisions about one operation, oldest first. */
export async function listDecisions(database: Kysely<OperationTables>, operationId: string): Promise<Decision[]> {
  const rows = await database
    .$extendTables<DecisionTables>()
    .selectFrom("operation_decision")
    .selectAll()
    .where("operation_id", "=", operationId)
    .execute();
  const decisions = rows.map((row) => ({
    at: row.at,
    step: row.step,
    outcome: row.outcome,
    decidedBy: row.decided_by,
    reason: row.reason,
    evidence: row.evidence,
    providerView: row.provider_view,
    objection: row.objection ?? (row.against_provider === 1 ? "otherOutcome" : null),
    statusBefore: row.status_before,
    attemptsBefore: row.attempts_before,
  }));
  return decisions.toSorted((one, other) => one.at - other.at);
}

export async function insertDecision(
  database: Kysely<OperationTables>,
  operationId: string,
  decision: Decision,
): Promise<void> {
  const row: DecisionRow = {
    id: randomUUID(),
    operation_id: operationId,
    at: decision.at,
    step: decision.step,
    outcome: decision.outcome,
    decided_by: decision.decidedBy,
    reason: decision.reason,
    evidence: decision.evidence,
    provider_view: decision.providerView,
    against_provider: decision.objection === "otherOutcome" ? 1 : 0,
    objection: decision.objection,
    status_before: decision.statusBefore,
    attempts_before: decision.attemptsBefore,
  };
  await database.$extendTables<DecisionTables>().insertInto("operation_decision").values(row).execute();
}

/**
 * Erases the free texts of the decisions about these operations, which can name a member. Who decided what, when, and whether against
 * the provider stays: it is the record of those who act for the company.
 */
export async function eraseDecisionTexts(
  database: Kysely<OperationTables>,
  operationIds: readonly string[],
): Promise<void> {
  await database
    .$extendTables<DecisionTables>()
    .updateTable("operation_decision")
    .set({ reason: "", evidence: "", provider_view: "" })
    .where("operation_id", "in", operationIds)
    .execute();
}

/** The latest proposal of each person that still counts for the operation as it is, oldest first. `decisions` are oldest first. */
export function findProposals(
  decisions: readonly Decision[],
  { status, attempts }: Pick<Operation, "status" | "attempts">,
  now: number,
): readonly Decision[] {
  const open = decisions.filter(
    (one) =>
      one.step === "PROPOSED" &&
      one.statusBefore === status &&
      one.attemptsBefore === attempts &&
      one.at > now - PROPOSAL_MS,
  );
  return open.filter(
    (one, index) => !open.slice(index + 1).some((later) => isSamePerson(later.decidedBy, one.decidedBy)),
  );
}
