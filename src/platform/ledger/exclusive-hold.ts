import { type Kysely } from "kysely";
import { isUniqueViolation } from "../database/database.errors";
import { changeUnderLease, type LeasedRow } from "./operation-lease";
import { type LedgerTables } from "./operation-row";

/**
 * Takes `what` for this operation alone until it is settled, given up or taken back; false while another unsettled one has it. A
 * unique index decides, so any number of processes may try.
 */
export async function holdExclusively(database: Kysely<LedgerTables>, row: LeasedRow, what: string): Promise<boolean> {
  try {
    await changeUnderLease(database, row, { changes: { exclusive_on: what } });
    return true; // a lease that is lost shows with the next step
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

/** Removes an operation of which nothing was sent, as if it had never been asked for. False: there is none under this lease. */
export async function abandon(database: Kysely<LedgerTables>, { id, lease }: LeasedRow): Promise<boolean> {
  const { numDeletedRows } = await database
    .deleteFrom("operation")
    .where("id", "=", id)
    .where("lease_owner", "=", lease)
    .where("sent_at", "is", null)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
