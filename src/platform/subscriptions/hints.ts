import { type Signal, type Signals } from "../signals/signals";

/** Says when it is worth looking again. Says nothing of what there is to see: that is read where it is kept. */
export interface Hints {
  /** Resolves at the next hint, at once if there was one since the last; false once the subscription has ended. */
  next(): Promise<boolean>;
}

export interface HintsOptions {
  readonly signals: Pick<Signals, "subscribe">;
  readonly topic: string;
  readonly key: string;
  /** Fires when the subscription ends; nobody listens from then on. */
  readonly ended: AbortSignal;
}

/** A signal may be lost on its way between replicas: after this long it is worth a look anyway. */
const LOOK_AGAIN_MS = 30_000;

/**
 * Listens from now on. However many signals come while their reader is busy, they are one hint: nothing piles up for a reader who is
 * slow.
 */
export function createHints({ signals, topic, key, ended }: HintsOptions): Hints {
  let isDue = false;
  let wake = (): void => undefined;
  const hint = () => {
    isDue = true;
    wake();
  };
  if (!ended.aborted) {
    const hear = (signal: Signal) => {
      if (signal.key === key) hint();
    };
    const unsubscribe = signals.subscribe(topic, hear, hint);
    ended.addEventListener("abort", () => {
      unsubscribe();
      wake();
    });
  }
  return {
    async next() {
      if (!isDue && !ended.aborted) {
        const { promise, resolve } = Promise.withResolvers<undefined>();
        wake = () => {
          resolve(undefined);
        };
        const timer = setTimeout(wake, LOOK_AGAIN_MS);
        await promise;
        clearTimeout(timer);
      }
      isDue = false;
      return !ended.aborted;
    },
  };
}
