import { describeError } from "../errors/describe-error";
import { type Logger } from "../observability/logger";

/** A hint that something changed: ids alone, no personal data. What has changed is read from the database. */
export interface PubSubMessage {
  readonly topic: string;
  /** What it is about, for listeners to pick theirs by. */
  readonly key: string;
}

type Listener = (message: PubSubMessage) => void;

/**
 * Tells every replica. The own listeners hear a signal at once and once; those of other replicas a moment later, or not at all
 * while the database cannot be reached.
 */
export interface PubSub {
  /** Resolves when it was passed on, or could not be. Never throws: a signal is a hint, and its loss is no failure. */
  publish(message: PubSubMessage): Promise<void>;
  /**
   * Calls `listener` with each signal of the topic, until what is given back is called. `onReconnect` is called whenever signals of other
   * replicas may have been missed: whoever keeps something by them drops it whole.
   */
  subscribe(topic: string, listener: Listener, onReconnect?: () => void): () => void;
  /** How many listen. */
  listenerCount(): number;
  /** Passes on what is under way, and stops listening. */
  close(): Promise<void>;
}

/** What carries signals between replicas. */
export interface Transport {
  send(message: PubSubMessage): Promise<void>;
  close(): Promise<void>;
}

/** What a transport calls. */
export interface Receiver {
  readonly onMessage: (message: PubSubMessage) => void;
  readonly onReconnect: () => void;
}

interface Subscriber {
  readonly topic: string;
  readonly listener: Listener;
  readonly onReconnect: (() => void) | undefined;
}

/** Signals within this process, and by `connect` between processes. */
export function createPubSub(logger: Logger, connect?: (receiver: Receiver) => Transport): PubSub {
  const subscribers = new Set<Subscriber>();

  /** One listener's failure is neither the publisher's nor the next one's. */
  function invokeListener(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      logger.error(describeError(error), "a listener to signals failed");
    }
  }

  function onMessage(message: PubSubMessage): void {
    for (const { topic, listener } of [...subscribers]) {
      if (topic !== message.topic) continue;
      invokeListener(() => {
        listener(message);
      });
    }
  }

  const transport = connect?.({
    onMessage,
    onReconnect: () => {
      for (const { onReconnect } of [...subscribers]) if (onReconnect) invokeListener(onReconnect);
    },
  });

  return {
    async publish(message) {
      onMessage(message);
      await transport?.send(message);
    },
    subscribe(topic, listener, onReconnect) {
      const subscriber = { topic, listener, onReconnect };
      subscribers.add(subscriber);
      return () => void subscribers.delete(subscriber);
    },
    listenerCount: () => subscribers.size,
    async close() {
      await transport?.close();
      subscribers.clear();
    },
  };
}
