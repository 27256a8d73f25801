import { z } from "zod";

// Epoch values below this are seconds, above it milliseconds: 1e11 s is the year 5138, 1e11 ms is 1973.
const SECONDS_BELOW = 1e11;
const EPOCH = /^\d{1,16}$/;

function readEpoch(value: number): Date | undefined {
  if (value === 0) return undefined;
  return new Date(value < SECONDS_BELOW ? value * 1000 : value);
}

function read(value: unknown): string | null {
  const isEpoch = typeof value === "number" || (typeof value === "string" && EPOCH.test(value));
  const date = isEpoch ? readEpoch(Number(value)) : typeof value === "string" && value ? new Date(value) : undefined;
  return date && !Number.isNaN(date.getTime()) ? date.toISOString() : null;
}

/**
 * A moment in any form that Avibra may send (the type is not documented): ISO 8601 text, epoch seconds or epoch
 * milliseconds, as a number or as text. Out comes ISO 8601 in UTC; empty, `0`, absent and unreadable are null.
 */
export const Timestamp = z.unknown().optional().transform(read);
