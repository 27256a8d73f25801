import { type Clock } from "./clock";

/** The moment by which one operation must be answered; handed down to every call that it makes. */
export interface Deadline {
  /** Milliseconds left; 0 when the time is up. */
  remainingMs(): number;
}

/** A deadline `timeoutMs` from now. */
export function createDeadline(clock: Clock, timeoutMs: number): Deadline {
  const endsAt = clock.now() + timeoutMs;
  return { remainingMs: () => Math.max(0, endsAt - clock.now()) };
}
