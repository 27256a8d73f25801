import { type PubSubMessage, type PubSub } from "./pub-sub";

/** Notifies of changes, not of their content: the subscriber reads that from the database. */
export interface ChangeNotifier {
  /** Resolves to true at the next change, or immediately if there was one since the last call; to false after the subscription has ended. */
  waitForChange(): Promise<boolean>;
}

export interface ChangeNotifierOptions {
  readonly pubSub: Pick<PubSub, "subscribe">;
  readonly topic: string;
  readonly key: string;
  /** Aborted when the subscription ends. */
  readonly signal: AbortSignal;
}

/** A message between replicas may be lost: after this time a change is assumed. */
const POLL_FALLBACK_MS = 30_000;

/** Subscribes immediately. Messages that arrive while the subscriber is busy count as one change, so that nothing accumulates. */
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
