/** Maximum number of rows; older ones are dropped. Each change of a vendor writes all of them to the state file. */
const MAX_ROWS = 10_000;

/** Adds rows to a list of what happened, such as the commits. */
export function appendToJournal<Row>(journal: Row[], rows: readonly Row[]): void {
  journal.push(...rows.slice(-MAX_ROWS));
  journal.splice(0, journal.length - MAX_ROWS);
}
