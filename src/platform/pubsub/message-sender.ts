import { describeError } from "../errors/describe-error";
import { type Logger } from "../observability/logger";
import { type MessageTarget, sendMessages } from "./notification-table";
import { type PubSubMessage } from "./pub-sub";

/** Groups in one statement: NOTIFY takes a server-wide lock at commit. */
const MAX_BATCH_SIZE = 100;
/** Groups that wait while the database is slow; beyond that the oldest are dropped. */
const MAX_QUEUE_SIZE = 10_000;

export interface MessageSenderOptions {
  readonly target: MessageTarget;
  /** Identifies the sender, which ignores its own messages. */
  readonly from: string;
  readonly logger: Logger;
}

/** Messages that are sent in one statement: a process that receives one of them receives all. */
interface MessageGroup {
  readonly messages: readonly PubSubMessage[];
  readonly onSent: () => void;
}

/** Sends messages to the other processes, in batches. Never rejects: a lost message is no failure. */
export function createMessageSender({ target, from, logger }: MessageSenderOptions) {
  const queue: MessageGroup[] = [];
  /** Messages that were dropped and not logged yet. */
  let dropped = 0;
  let sending: Promise<void> | undefined;

  async function flush(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, MAX_BATCH_SIZE);
      const messages = batch.flatMap((group) => group.messages);
      await sendMessages(target, from, messages).catch((error: unknown) => {
        logger.warn({ messages: messages.length, ...describeError(error) }, "NOTIFY failed");
      });
      for (const { onSent } of batch) onSent(); // before the next batch is sent
      if (dropped > 0) logger.warn({ messages: dropped }, "messages dropped: too many wait for the database");
      dropped = 0; // one line for each statement, however many are dropped meanwhile
    }
    sending = undefined;
  }

  function dropOldest(): void {
    const oldest = queue.shift();
    dropped += oldest?.messages.length ?? 0;
    oldest?.onSent();
  }

  return {
    /** Sends all of these messages or none. */
    async send(messages: readonly PubSubMessage[]): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const onSent = () => {
        resolve(undefined);
      };
      queue.push({ messages, onSent });
      if (queue.length > MAX_QUEUE_SIZE) dropOldest();
      sending ??= flush();
      await promise;
    },
    /** Resolves when the messages that wait are sent. */
    drain: async (): Promise<void> => {
      await sending;
    },
  };
}
