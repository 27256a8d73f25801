import { type Fault } from "./fault";
import { seededRandom } from "./random";
import { stripBasePath } from "./vendor";

interface QueuedFault {
  readonly fault: Fault;
  readonly method: string | undefined;
  readonly path: string;
  readonly random: () => number;
  timesLeft: number;
}

/** Pending faults, in the order in which they were added. */
export class FaultQueue {
  #queued: QueuedFault[] = [];
  readonly #basePath: string;

  constructor(basePath: string) {
    this.#basePath = basePath;
  }

  add(faults: readonly Fault[]): void {
    for (const fault of faults) {
      this.#queued.push({
        fault,
        method: fault.match.method?.toUpperCase(),
        path: stripBasePath(fault.match.path ?? "", this.#basePath),
        random: fault.seed === undefined ? Math.random : seededRandom(fault.seed),
        timesLeft: fault.times ?? 1,
      });
    }
  }

  clear(): void {
    this.#queued = [];
  }

  list(): readonly Fault[] {
    return this.#queued.map(({ fault, timesLeft }) => ({ ...fault, times: timesLeft }));
  }

  /** Returns the first fault that matches and whose probability applies, and reduces its remaining times by one. */
  takeMatching(method: string, path: string): Fault | undefined {
    if (this.#queued.length === 0) return undefined;
    const relativePath = stripBasePath(path, this.#basePath);
    const matched = this.#queued.find(
      (queued) =>
        (queued.method === undefined || queued.method === method) &&
        relativePath.startsWith(queued.path) &&
        (queued.fault.probability === undefined || queued.random() < queued.fault.probability),
    );
    if (matched === undefined) return undefined;
    matched.timesLeft -= 1;
    if (matched.timesLeft === 0) this.#queued = this.#queued.filter((queued) => queued !== matched);
    return matched.fault;
  }
}
