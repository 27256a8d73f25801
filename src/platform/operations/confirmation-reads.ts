/** Maximum number of reads for the outcome of a sent operation within its confirmation window. */
export const MAX_CONFIRMATION_READS = 120;
const ATTENTION_READ_INTERVAL_MS = 3_600_000;
const MIN_DELAY_MS = 1000;

/** How long the outcome of a sent operation is read, in ms. */
export interface ReadWindows {
  /** From its sending: at most `MAX_CONFIRMATION_READS` reads, fewer as it ages. */
  readonly confirmationMs: number;
  /** From the end of the confirmation window: one read an hour. */
  readonly attentionMs: number;
}

/** What decides about the next read. Everything but `random` follows from stored columns, so that replicas and restarts agree. */
export interface ReadProgress {
  /** Time since it was sent, in ms. */
  readonly ageMs: number;
  /** The reads until now. */
  readonly reads: number;
}

/** The age at which the `read`th read is scheduled, from 1. */
function scheduledAgeMs(read: number, { confirmationMs }: ReadWindows): number {
  return read <= MAX_CONFIRMATION_READS
    ? confirmationMs * (read / MAX_CONFIRMATION_READS) ** 3
    : confirmationMs + (read - MAX_CONFIRMATION_READS) * ATTENTION_READ_INTERVAL_MS;
}

/** How many reads are scheduled until this age. */
export function countScheduledReads(ageMs: number, windows: ReadWindows): number {
  const { confirmationMs } = windows;
  if (ageMs >= confirmationMs) {
    return MAX_CONFIRMATION_READS + Math.floor((ageMs - confirmationMs) / ATTENTION_READ_INTERVAL_MS);
  }
  const count = Math.max(0, Math.floor(MAX_CONFIRMATION_READS * Math.cbrt(ageMs / confirmationMs)));
  return scheduledAgeMs(count + 1, windows) <= ageMs ? count + 1 : count; // `cbrt` may round down
}

/** Whether the reads until now leave one for this age. A process that died in a read has used it up. */
export function hasReadLeft({ ageMs, reads }: ReadProgress, windows: ReadWindows): boolean {
  return reads < countScheduledReads(ageMs, windows);
}

/**
 * The age of the next read: at least 1 s from now, and up to half an interval late, so that reads do not come together; but the
 * confirmation window ends on time. `random` is in [0, 1). Undefined after the attention window.
 */
export function nextReadAgeMs(
  { ageMs, reads, random }: ReadProgress & { readonly random: number },
  windows: ReadWindows,
): number | undefined {
  const read = Math.max(reads, countScheduledReads(ageMs, windows)) + 1;
  const earliestMs = Math.max(scheduledAgeMs(read, windows), ageMs + MIN_DELAY_MS);
  const intervalMs = scheduledAgeMs(read, windows) - scheduledAgeMs(read - 1, windows);
  const nextMs = Math.ceil(earliestMs + (random * Math.max(intervalMs, MIN_DELAY_MS)) / 2);
  if (read <= MAX_CONFIRMATION_READS) return Math.min(nextMs, Math.max(windows.confirmationMs, earliestMs));
  return nextMs > windows.confirmationMs + windows.attentionMs ? undefined : nextMs;
}
