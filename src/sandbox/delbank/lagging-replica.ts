import { type Authorization } from "./authorization.state";

interface Version {
  /** When it was replaced, in ms of the sandbox's clock. */
  readonly replacedAtMs: number;
  readonly value: Authorization;
}

/** What is read: the state as it was `lagMs` ago, like that of a replica that is behind. */
export class LaggingReplica {
  lagMs = 0;
  readonly #versions = new WeakMap<Authorization, Version[]>();

  /** To be called before an authorization changes. */
  recordVersion(authorization: Authorization, nowMs: number): void {
    const versions = this.#versions.get(authorization) ?? [];
    versions.push({
      replacedAtMs: nowMs,
      value: { ...authorization, cancellations: [...authorization.cancellations] },
    });
    this.#versions.set(authorization, versions);
  }

  /** The authorization as a read shows it. */
  read(authorization: Authorization, nowMs: number): Authorization {
    if (this.lagMs === 0) return authorization;
    const asOfMs = nowMs - this.lagMs;
    return this.#versions.get(authorization)?.find(({ replacedAtMs }) => replacedAtMs > asOfMs)?.value ?? authorization;
  }
}
