import { type Authorization } from "./authorization.state";

interface Version {
  /** Time of replacement in milliseconds of the sandbox's clock. */
  readonly replacedAtMs: number;
  readonly value: Authorization;
}

/** A lagging replica: reads return the state as of `lagMs` ago. */
export class LaggingReplica {
  lagMs = 0;
  readonly #versions = new WeakMap<Authorization, Version[]>();

  /** Must be called before an authorization changes. */
  recordVersion(authorization: Authorization, nowMs: number): void {
    const versions = this.#versions.get(authorization) ?? [];
    versions.push({
      replacedAtMs: nowMs,
      value: { ...authorization, cancellations: [...authorization.cancellations] },
    });
    this.#versions.set(authorization, versions);
  }

  /** Returns the authorization as a read sees it. */
  read(authorization: Authorization, nowMs: number): Authorization {
    if (this.lagMs === 0) return authorization;
    const asOfMs = nowMs - this.lagMs;
    return this.#versions.get(authorization)?.find(({ replacedAtMs }) => replacedAtMs > asOfMs)?.value ?? authorization;
  }
}
