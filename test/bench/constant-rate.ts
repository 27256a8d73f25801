import { setTimeout as sleep } from "node:timers/promises";

export interface Rate {
  readonly perSecond: number;
  readonly seconds: number;
}

/** Begins requests at a fixed pace, whether or not those before are answered, until all are begun or `mayGoOn` says no. */
export async function runAtRate<Outcome>(
  { perSecond, seconds }: Rate,
  begin: (index: number) => Promise<Outcome>,
  mayGoOn: () => boolean = () => true,
): Promise<Outcome[]> {
  const begun: Promise<Outcome>[] = [];
  const startedAt = performance.now();
  const total = seconds * perSecond;
  while (begun.length < total && mayGoOn()) {
    const dueAtMs = Math.min(total, Math.ceil(((performance.now() - startedAt) / 1000) * perSecond));
    while (begun.length < dueAtMs) begun.push(begin(begun.length));
    await sleep(1);
  }
  return Promise.all(begun);
}

export interface ClosedLoop<Outcome> {
  /** After as many requests, more follow until the outcomes are complete, ten times as many at most. */
  readonly minTotal: number;
  readonly isComplete: (outcomes: readonly Outcome[]) => boolean;
  readonly inFlight: number;
}

const MAX_TOTAL_RATIO = 10;

/** Begins each request when one of those in flight has ended: the machine sets the pace. */
export async function runInClosedLoop<Outcome>(
  { minTotal, isComplete, inFlight }: ClosedLoop<Outcome>,
  begin: (index: number) => Promise<Outcome>,
  mayGoOn: () => boolean,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let begun = 0;
  const isEnough = () => begun >= minTotal && (isComplete(outcomes) || begun >= MAX_TOTAL_RATIO * minTotal);
  async function sendInTurn(): Promise<void> {
    while (!isEnough() && mayGoOn()) {
      begun += 1;
      outcomes.push(await begin(begun - 1));
    }
  }
  await Promise.all(Array.from({ length: inFlight }, sendInTurn));
  return outcomes;
}
