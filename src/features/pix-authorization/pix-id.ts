import { startOfDay } from "../../platform/kernel/calendar";

// 29 case-sensitive characters: kind, the participant's ISPB, a date, and a free tail. Source: contract, decision 3.
export const PIX_ID_LENGTH = 29;
const TAIL = "([0-9A-Z]{8})(\\d{4})(\\d{2})(\\d{2})[A-Za-z0-9]{11}$";
const RECURRENCE = new RegExp(`^[RC][RN]${TAIL}`);
const CANCELLATION = new RegExp(`^IC${TAIL}`);

function matches(pattern: RegExp, text: string): boolean {
  const [, , year, month, day] = pattern.exec(text) ?? [];
  return startOfDay(Number(year), Number(month), Number(day)) !== undefined;
}

/** Whether a value of unknown origin is a well-formed recurrence ID that contains a valid date. */
export function isRecurrenceId(value: unknown): value is string {
  return typeof value === "string" && value.length === PIX_ID_LENGTH && matches(RECURRENCE, value);
}

/** Whether a value of unknown origin is a well-formed cancellation ID that contains a valid date. */
export function isCancellationId(value: unknown): value is string {
  return typeof value === "string" && value.length === PIX_ID_LENGTH && matches(CANCELLATION, value);
}
