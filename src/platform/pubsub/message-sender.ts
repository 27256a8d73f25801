import { describeError } from "../errors/describe-error";
import { type Logger } from "../observability/logger";
import { type MessageTarget, sendMessages } from "./notification-table";
import { type PubSubMessage } from "./pub-sub";

/** Messages in one statement: NOTIFY takes a server-wide lock at commit. */
const MAX_BATCH_SIZE = 100;
/** Messages that wait while the database is slow; beyond that the oldest are dropped. */
const MAX_QUEUE_SIZE = 10_000;

export interface MessageSenderOptions {
  readonly target: MessageTarget;
  /** Identifies the sender, which ignores its own messages. */
  readonly from: string;
  readonly logger: Logger;
}

/** Sends messages to the other processes, in batches. Never rejects: a lost message is no failure. */
export function createMessageSender({ target, from, logger }: MessageSenderOptions) {
  const queue: { readonly message: PubSubMessage; readonly onSent: () => void }[] = [];
  let sending: Promise<void> | undefined;

  async function flush(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, MAX_BATCH_SIZE);
      const messages = batch.map(({ message }) => message);
      await sendMessages(target, from, messages).catch((error: unknown) => {
        logger.warn({ messages: messages.length, ...describeError(error) }, "NOTIFY failed");
      });
      for (const { onSent } of batch) onSent(); // before the next batch is sent
    }
    sending = undefined;
  }

  return {
    async send(message: PubSubMessage): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const onSent = () => {
        resolve(undefined);
      };
      queue.push({ message, onSent });
      if (queue.length > MAX_QUEUE_SIZE) queue.shift()?.onSent();
      sending ??= flush();
      await promise;
    },
    /** Resolves when the messages that wait are sent. */
    drain: async (): Promise<void> => {
      await sending;
    },
  };
}
