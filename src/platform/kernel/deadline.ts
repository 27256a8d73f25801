import { addMs, type MonotonicClock, msBetween } from "./monotonic-clock";

/** The moment by which a request must be answered; passed to each call that it makes. */
export interface Deadline {
  /** Milliseconds left; 0 after the deadline. */
  remainingMs(): number;
  /** Aborted if nobody waits for the response any more. Only of reads: a mutation that was sent must be completed. */
  readonly signal?: AbortSignal;
}

/** A deadline `timeoutMs` from now. */
export function createDeadline(monotonic: MonotonicClock, timeoutMs: number, signal?: AbortSignal): Deadline {
  const endsAt = addMs(monotonic.now(), timeoutMs);
  return { remainingMs: () => Math.max(0, msBetween(monotonic.now(), endsAt)), ...(signal && { signal }) };
}

/**
 * Settles as the promise does, or rejects with `createTimeoutError()` at the deadline or when its signal is aborted. The promise
 * itself is not cancelled.
 */
export async function withDeadline<Value>(
  deadline: Deadline,
  promise: Promise<Value>,
  createTimeoutError: () => Error,
): Promise<Value> {
  const { signal } = deadline;
  let timer: NodeJS.Timeout | undefined;
  let stopWaiting = (): void => undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    stopWaiting = () => {
      reject(createTimeoutError());
    };
    timer = setTimeout(stopWaiting, deadline.remainingMs());
  });
  if (signal?.aborted) stopWaiting();
  signal?.addEventListener("abort", stopWaiting);
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stopWaiting);
  }
}
