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

export interface ClosedLoop {
  readonly total: number;
  readonly inFlight: number;
}

/** Begins as many requests in total, each when one of those in flight has ended: the machine sets the pace. */
export async function runInClosedLoop<Outcome>(
  { total, inFlight }: ClosedLoop,
  begin: (index: number) => Promise<Outcome>,
  mayGoOn: () => boolean,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let begun = 0;
  async function sendInTurn(): Promise<void> {
    while (begun < total && mayGoOn()) {
      begun += 1;
      outcomes.push(await begin(begun - 1));
    }
  }
  await Promise.all(Array.from({ length: inFlight }, sendInTurn));
  return outcomes;
}
