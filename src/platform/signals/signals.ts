import { describeError } from "../errors/describe-error";
import { type Logger } from "../telemetry/logger";

/** A hint that something changed: ids alone, no personal data. What has changed is read from the database. */
export interface Signal {
  readonly topic: string;
  /** What it is about, for listeners to pick theirs by. */
  readonly key: string;
}

type Listener = (signal: Signal) => void;

/**
 * Tells every replica. The own listeners hear a signal at once and once; those of other replicas a moment later, or not at all
 * while the database cannot be reached.
 */
export interface Signals {
  /** Resolves when it was passed on, or could not be. Never throws: a signal is a hint, and its loss is no failure. */
  publish(signal: Signal): Promise<void>;
  /**
   * Calls `listener` with each signal of the topic, until what is given back is called. `onGap` is called whenever signals of other
   * replicas may have been missed: whoever keeps something by them drops it whole.
   */
  subscribe(topic: string, listener: Listener, onGap?: () => void): () => void;
  /** How many listen. */
  listeners(): number;
  /** Passes on what is under way, and stops listening. */
  close(): Promise<void>;
}

/** What carries signals between replicas. */
export interface Transport {
  send(signal: Signal): Promise<void>;
  close(): Promise<void>;
}

/** What a transport calls. */
export interface Receiver {
  readonly hear: (signal: Signal) => void;
  readonly missed: () => void;
}

interface Subscriber {
  readonly topic: string;
  readonly listener: Listener;
  readonly onGap: (() => void) | undefined;
}

/** Signals within this process, and by `connect` between processes. */
export function createSignals(logger: Logger, connect?: (receiver: Receiver) => Transport): Signals {
  const subscribers = new Set<Subscriber>();

  /** One listener's failure is neither the publisher's nor the next one's. */
  function tell(work: () => void): void {
    try {
      work();
    } catch (error) {
      logger.error(describeError(error), "a listener to signals failed");
    }
  }

  function hear(signal: Signal): void {
    for (const { topic, listener } of [...subscribers]) {
      if (topic !== signal.topic) continue;
      tell(() => {
        listener(signal);
      });
    }
  }

  const transport = connect?.({
    hear,
    missed: () => {
      for (const { onGap } of [...subscribers]) if (onGap) tell(onGap);
    },
  });

  return {
    async publish(signal) {
      hear(signal);
      await transport?.send(signal);
    },
    subscribe(topic, listener, onGap) {
      const subscriber = { topic, listener, onGap };
      subscribers.add(subscriber);
      return () => void subscribers.delete(subscriber);
    },
    listeners: () => subscribers.size,
    async close() {
      await transport?.close();
      subscribers.clear();
    },
  };
}
