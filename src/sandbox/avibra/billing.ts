import { type WireTimestamp } from "./offers";

/** The same day of a later month, or its last day if that month is shorter. */
export function addMonths(date: Date, months: number): Date {
  const later = new Date(date);
  later.setUTCDate(1);
  later.setUTCMonth(later.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(later.getUTCFullYear(), later.getUTCMonth() + 1, 0)).getUTCDate();
  later.setUTCDate(Math.min(date.getUTCDate(), lastDay));
  return later;
}

/** ISO 8601 without a fraction, as in the seeds. */
export function toIsoSeconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}

/** The first monthly billing after `now`, in the form of the stored one. A member without a billing keeps what is stored. */
export function findNextBilling(stored: WireTimestamp, now: Date): WireTimestamp {
  const first = stored === null || stored === "" ? undefined : new Date(stored);
  if (first === undefined || first > now) return stored;
  const months = (now.getUTCFullYear() - first.getUTCFullYear()) * 12 + now.getUTCMonth() - first.getUTCMonth();
  const thisMonth = addMonths(first, months);
  const next = thisMonth > now ? thisMonth : addMonths(first, months + 1);
  return typeof stored === "number" ? next.getTime() : toIsoSeconds(next);
}
