import { addMs, type MonotonicClock, msBetween } from "./monotonic-clock";

/** The moment by which one operation must be answered; handed down to every call that it makes. */
export interface Deadline {
  /** Milliseconds left; 0 when the time is up. */
  remainingMs(): number;
}

/** A deadline `timeoutMs` from now. */
export function createDeadline(clock: MonotonicClock, timeoutMs: number): Deadline {
  const endsAt = addMs(clock.now(), timeoutMs);
  return { remainingMs: () => Math.max(0, msBetween(clock.now(), endsAt)) };
}

/** The promise's value, or a rejection with `tooLate()` when the deadline comes first. The promise itself goes on. */
export async function withDeadline<Value>(
  deadline: Deadline,
  promise: Promise<Value>,
  createTimeoutError: () => Error,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(createTimeoutError());
    }, deadline.remainingMs());
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
