import { addMonths, toIsoSeconds } from "../server/calendar";
import { type WireTimestamp } from "./offers";

/** The first monthly billing after `now`, in the form of the stored one. A member without a billing keeps what is stored. */
export function findNextBilling(stored: WireTimestamp, now: Date): WireTimestamp {
  const first = stored === null || stored === "" ? undefined : new Date(stored);
  if (first === undefined || first > now) return stored;
  const months = (now.getUTCFullYear() - first.getUTCFullYear()) * 12 + now.getUTCMonth() - first.getUTCMonth();
  const thisMonth = addMonths(first, months);
  const next = thisMonth > now ? thisMonth : addMonths(first, months + 1);
  return typeof stored === "number" ? next.getTime() : toIsoSeconds(next);
}
