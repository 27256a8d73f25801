import { type Authorization } from "./authorization.state";

interface Version {
  /** When it was replaced, in milliseconds of the sandbox's clock. */
  readonly replacedAtMs: number;
  readonly value: Authorization;
}

/** Reads the state of `lagMs` ago, like a lagging replica. */
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

  /** The authorization that a read returns. */
  read(authorization: Authorization, nowMs: number): Authorization {
    if (this.lagMs === 0) return authorization;
    const asOfMs = nowMs - this.lagMs;
    return this.#versions.get(authorization)?.find(({ replacedAtMs }) => replacedAtMs > asOfMs)?.value ?? authorization;
  }
}
