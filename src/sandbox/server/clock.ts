// Years outside this range have no plain ISO form, and Delbank writes the year 1 for "no date".
const EARLIEST_MS = Date.parse("0002-01-01T00:00:00Z");
const LATEST_MS = Date.parse("9998-12-31T00:00:00Z");

/** The sandbox's clock. It advances like the machine's, from the time to which it was set. */
export class Clock {
  #offsetMs = 0;

  nowMs(): number {
    return Date.now() + this.#offsetMs;
  }

  now(): Date {
    return new Date(this.nowMs());
  }

  iso(): string {
    return this.now().toISOString();
  }

  /** Returns false and changes nothing if the time is out of range. */
  set(nowMs: number): boolean {
    if (!(nowMs >= EARLIEST_MS && nowMs <= LATEST_MS)) return false;
    this.#offsetMs = nowMs - Date.now();
    return true;
  }

  /** How far it is ahead of the machine's time, in milliseconds. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** Resets to the machine's time. Returns by how many milliseconds the time changed. */
  reset(): number {
    const jumpMs = -this.#offsetMs;
    this.#offsetMs = 0;
    return jumpMs;
  }
}
