import { createTextScalar } from "../../platform/graphql/text-scalar";
import { startOfDay } from "../../platform/kernel/calendar";

// 29 case-sensitive characters: kind, the participant's ISPB, a date, and a free tail. Source: contract, decision 3.
const ID_LENGTH = 29;
const TAIL = "([0-9A-Z]{8})(\\d{4})(\\d{2})(\\d{2})[A-Za-z0-9]{11}$";
const RECURRENCE = new RegExp(`^[RC][RN]${TAIL}`);
const CANCELLATION = new RegExp(`^IC${TAIL}`);

function matches(pattern: RegExp, text: string): boolean {
  const [, , year, month, day] = pattern.exec(text) ?? [];
  return startOfDay(Number(year), Number(month), Number(day)) !== undefined;
}

/** Whether a value of unknown origin is a well-formed recurrence id, its date a real one. */
export function isRecurrenceId(value: unknown): value is string {
  return typeof value === "string" && value.length === ID_LENGTH && matches(RECURRENCE, value);
}

/** Whether a value of unknown origin is a well-formed cancellation id, its date a real one. */
export function isCancellationId(value: unknown): value is string {
  return typeof value === "string" && value.length === ID_LENGTH && matches(CANCELLATION, value);
}

export const RecurrenceId = createTextScalar({
  name: "RecurrenceId",
  description:
    "The id of an Automatic Pix recurrence: 29 case-sensitive characters, for example `RR0435879820240605njua7shf40o`.",
  rule: "the 29 case-sensitive characters of a recurrence id",
  maxLength: ID_LENGTH,
  isValid: isRecurrenceId,
});

export const CancellationId = createTextScalar({
  name: "CancellationId",
  description: "The id of a cancellation: 29 case-sensitive characters, for example `IC0435879820240605bcdb1fhn43a`.",
  rule: "the 29 case-sensitive characters of a cancellation id",
  maxLength: ID_LENGTH,
  isValid: isCancellationId,
});
