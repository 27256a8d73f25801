import { startOfDay } from "./calendar";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

// Extended form or basic form, of date and of time each: year, dash, month, day, hour, colon, minute, second, fraction, zone.
const ISO =
  /^(\d{4})(-?)(\d{2})\2(\d{2})(?:[T ](\d{2})(?:(:?)([0-5]\d)(?:\6([0-5]\d|60)(?:[.,](\d{1,20}))?)?)?(Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?)?$/i;

const MAX_TEXT_LENGTH = 64;
/** The day before, 0001-01-01, is how .NET writes a date that is not set. */
const MIN_TIMESTAMP = startOfDay(1, 1, 2) ?? 0;
const MAX_TIMESTAMP = (startOfDay(9999, 12, 31) ?? 0) + 24 * HOUR_MS - 1;

/** Epoch values below this are seconds, others milliseconds: 1e11 s is the year 5138, 1e11 ms is 1973. */
const MAX_EPOCH_SECONDS = 1e11;
/** Smaller numbers are no timestamps: 1e8 s is 1973, and 20260205 is a date without dashes. */
const MIN_EPOCH = 1e8;
const EPOCH = /^\d{9,16}(?:\.\d{1,9})?$/;
/** `YYYYMMDDhhmm` and `YYYYMMDDhhmmss` could also be epoch milliseconds, of 1976 and of the years from 2572: ambiguous. */
const COMPACT = /^(?:19|20|21)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?$/;

/** Milliseconds of an offset such as `-03`, `-0300` or `-03:00`; none is UTC. */
function parseOffsetMs(zone: string): number {
  const [, sign, hours = "0", minutes = "0"] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  const size = Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS;
  return sign === "-" ? -size : size;
}

/** Leap seconds were inserted at the end of June and of December, UTC. */
function canPrecedeLeapSecond(moment: number): boolean {
  return /-(06-30|12-31)T23:59:59/.test(new Date(moment).toISOString());
}

function parseIso(text: string): number | undefined {
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [, year, , month, day, hourText = "0", , minuteText = "0", secondText = "0", fraction = "", zone = "Z"] = match;
  const date = startOfDay(Number(year), Number(month), Number(day));
  if (date === undefined || date < MIN_TIMESTAMP) return undefined;
  const [hour, minute, second] = [Number(hourText), Number(minuteText), Number(secondText)];
  const isMidnight = minute === 0 && second === 0 && !/[1-9]/.test(fraction);
  if (hour > 24 || (hour === 24 && !isMidnight)) return undefined;
  const isLeapSecond = second === 60;
  const wholeSeconds = isLeapSecond ? 59 : second;
  const millisecond = isLeapSecond ? 0 : Number(fraction.slice(0, 3).padEnd(3, "0")); // truncated: rounding could reach the next year
  const time = hour * HOUR_MS + minute * MINUTE_MS + wholeSeconds * SECOND_MS + millisecond;
  const moment = date + time - parseOffsetMs(zone);
  if (!isLeapSecond) return moment;
  return canPrecedeLeapSecond(moment) ? moment + SECOND_MS : undefined;
}

function parseEpoch(value: number): number | undefined {
  if (!(value >= MIN_EPOCH) || COMPACT.test(String(value))) return undefined;
  return Math.round(value < MAX_EPOCH_SECONDS ? value * SECOND_MS : value);
}

function parseTimestamp(value: unknown): number | undefined {
  if (typeof value === "number") return parseEpoch(value);
  if (typeof value !== "string" || value.length > MAX_TEXT_LENGTH) return undefined;
  const text = value.trim();
  return EPOCH.test(text) ? parseEpoch(Number(text)) : parseIso(text);
}

/**
 * Parses a timestamp of another party and returns ISO 8601 text in UTC with milliseconds; null for anything else.
 *
 * - ISO 8601 calendar dates, extended or basic form, with or without a time (at least hours; `.` or `,` before a fraction; `T` or a
 *   space between), with an offset of hours, or hours and minutes. Without an offset: UTC. `24:00` is the next midnight; `:60` is the
 *   next second, if a leap second is possible there.
 * - Epoch seconds and milliseconds, number or text, from 1973 to 9999.
 * - Null: a day that does not exist, `0001-01-01…`, `0`, week and ordinal dates, years outside 1 to 9999, an empty or absent value.
 */
export function normalizeTimestamp(value: unknown): string | null {
  const moment = parseTimestamp(value);
  return moment !== undefined && moment >= MIN_TIMESTAMP && moment <= MAX_TIMESTAMP
    ? new Date(moment).toISOString()
    : null;
}
