import { z } from "zod";
import { readUtcText, utcText } from "../../platform/time/utc-text";

// Epoch values below this are seconds, above it milliseconds: 1e11 s is the year 5138, 1e11 ms is 1973.
const SECONDS_BELOW = 1e11;
/** Smaller numbers are no moments of this business: 1e8 s is 1973, and 20260205 is a date written without dashes. */
const LEAST_EPOCH = 1e8;
const EPOCH = /^\d{9,16}$/;

function readEpoch(value: number): string | null {
  if (!(value >= LEAST_EPOCH)) return null;
  return utcText(new Date(value < SECONDS_BELOW ? value * 1000 : value));
}

function read(value: unknown): string | null {
  if (typeof value === "number") return readEpoch(value);
  if (typeof value !== "string") return null;
  return EPOCH.test(value) ? readEpoch(Number(value)) : readUtcText(value);
}

/**
 * A moment in any form that Avibra may send (the type is not documented): ISO 8601 text (UTC where it has no zone), epoch
 * seconds or epoch milliseconds, as a number or as text. Out comes ISO 8601 in UTC; empty, `0`, absent and unreadable are null.
 */
export const Timestamp = z.unknown().optional().transform(read);
