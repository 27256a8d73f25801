/** What other features may import from this one. */
export { RecurrenceId } from "./pix-id.type";
