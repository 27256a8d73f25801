import { addMs, type MonotonicClock, msBetween } from "./monotonic-clock";

/** The moment by which a request must be answered; passed to each call that it makes. */
export interface Deadline {
  /** Milliseconds left; 0 after the deadline. */
  remainingMs(): number;
}

/** A deadline `timeoutMs` from now. */
export function createDeadline(monotonic: MonotonicClock, timeoutMs: number): Deadline {
  const endsAt = addMs(monotonic.now(), timeoutMs);
  return { remainingMs: () => Math.max(0, msBetween(monotonic.now(), endsAt)) };
}

/** Settles as the promise does, or rejects with `createTimeoutError()` at the deadline. The promise itself is not cancelled. */
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
