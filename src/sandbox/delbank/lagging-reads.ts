import { type Authorization } from "./authorization.state";

interface Version {
  /** When it was replaced, in ms of the sandbox's clock. */
  readonly untilMs: number;
  readonly as: Authorization;
}

/** What is read: the state as it was `lagMs` ago, like that of a replica that is behind. */
export class LaggingReads {
  lagMs = 0;
  readonly #replaced = new WeakMap<Authorization, Version[]>();

  /** To be called before an authorization changes. */
  keep(authorization: Authorization, nowMs: number): void {
    const versions = this.#replaced.get(authorization) ?? [];
    versions.push({ untilMs: nowMs, as: { ...authorization, cancellations: [...authorization.cancellations] } });
    this.#replaced.set(authorization, versions);
  }

  /** The authorization as a read shows it. */
  show(authorization: Authorization, nowMs: number): Authorization {
    if (this.lagMs === 0) return authorization;
    const shownMs = nowMs - this.lagMs;
    return this.#replaced.get(authorization)?.find(({ untilMs }) => untilMs > shownMs)?.as ?? authorization;
  }
}
