import { type PubSubMessage, type PubSub } from "./pub-sub";

/** Says when it is worth looking again. Says nothing of what there is to see: that is read where it is kept. */
export interface ChangeNotifier {
  /** Resolves at the next hint, at once if there was one since the last; false once the subscription has ended. */
  waitForChange(): Promise<boolean>;
}

export interface ChangeNotifierOptions {
  readonly pubSub: Pick<PubSub, "subscribe">;
  readonly topic: string;
  readonly key: string;
  /** Fires when the subscription ends; nobody listens from then on. */
  readonly signal: AbortSignal;
}

/** A signal may be lost on its way between replicas: after this long it is worth a look anyway. */
const POLL_FALLBACK_MS = 30_000;

/**
 * Listens from now on. However many signals come while their reader is busy, they are one hint: nothing piles up for a reader who is
 * slow.
 */
export function createChangeNotifier({ pubSub, topic, key, signal }: ChangeNotifierOptions): ChangeNotifier {
  let hasChanged = false;
  let trigger = (): void => undefined;
  const notify = () => {
    hasChanged = true;
    trigger();
  };
  if (!signal.aborted) {
    const onMessage = (message: PubSubMessage) => {
      if (message.key === key) notify();
    };
    const unsubscribe = pubSub.subscribe(topic, onMessage, notify);
    signal.addEventListener("abort", () => {
      unsubscribe();
      trigger();
    });
  }
  return {
    async waitForChange() {
      if (!hasChanged && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<undefined>();
        trigger = () => {
          resolve(undefined);
        };
        const timer = setTimeout(trigger, POLL_FALLBACK_MS);
        await promise;
        clearTimeout(timer);
      }
      hasChanged = false;
      return !signal.aborted;
    },
  };
}
