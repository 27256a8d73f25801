export interface FoundRouter {
  readonly title: string;
  readonly variable: string;
  /** Can say how its program was built; undefined if nothing starts it. */
  readonly buildVariable?: string;
  /** The beginning of the names of suites that only it can run; undefined if nothing starts it. */
  readonly suite?: string;
  readonly path?: string;
  readonly version?: string;
  /** Why it is not run; only without a path. */
  readonly reason?: string;
}

export function findRouters(): readonly FoundRouter[];
