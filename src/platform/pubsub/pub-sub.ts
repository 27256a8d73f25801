import { describeError } from "../errors/describe-error";
import { type Logger } from "../observability/logger";

/** A notice that something changed: ids only, no personal data. Subscribers read the change from the database. */
export interface PubSubMessage {
  readonly topic: string;
  /** The id of what changed, by which listeners filter. */
  readonly key: string;
}

type Listener = (message: PubSubMessage) => void;

/**
 * Publishes messages to the listeners of every replica: to those of this process synchronously and once, to those of other replicas
 * at most once, and not at all while the database is unavailable.
 */
export interface PubSub {
  /**
   * Sends all of these messages to the other replicas, or none. Resolves when they were sent, or sending them failed. Never throws: a
   * lost message is no failure.
   */
  publish(...messages: readonly PubSubMessage[]): Promise<void>;
  /**
   * Calls `listener` with each message of the topic, until the returned function is called. `onReconnect` is called whenever messages
   * of other replicas may have been missed: a cache that is invalidated by messages must be cleared then.
   */
  subscribe(topic: string, listener: Listener, onReconnect?: () => void): () => void;
  /** The number of subscriptions. */
  listenerCount(): number;
  /** Sends the messages that wait, and ends every subscription. */
  close(): Promise<void>;
}

/** Sends messages between replicas. */
export interface Transport {
  /** Sends all of these messages or none. */
  send(messages: readonly PubSubMessage[]): Promise<void>;
  close(): Promise<void>;
}

/** The callbacks of a transport. */
export interface Receiver {
  readonly onMessage: (message: PubSubMessage) => void;
  readonly onReconnect: () => void;
}

interface Subscriber {
  readonly topic: string;
  readonly listener: Listener;
  readonly onReconnect: (() => void) | undefined;
}

/** Pub/sub within this process and, with `connect`, between processes. */
export function createPubSub(logger: Logger, connect?: (receiver: Receiver) => Transport): PubSub {
  const subscribers = new Set<Subscriber>();

  /** A listener that throws affects neither the publisher nor the other listeners. */
  function invokeListener(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      logger.error(describeError(error), "a pub/sub listener failed");
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
    async publish(...messages) {
      for (const message of messages) onMessage(message);
      await transport?.send(messages);
    },
    subscribe(topic, listener, onReconnect) {
      const subscriber: Subscriber = { topic, listener, onReconnect };
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
