import { type DueQuery } from "../database/due-rows";
import { describeError } from "../errors/describe-error";
import { recheckDelayMs } from "../kernel/backoff";
import { type Logger } from "../observability/logger";
import { type Clock } from "../kernel/clock";
import { type Instant, type MonotonicClock, msSince } from "../kernel/monotonic-clock";
import { createPollingWorker } from "../kernel/polling-worker";
import { type Inbox } from "./inbox";
import { type LeasedMessage, type Message, type MessageMetadata } from "./message";

/** Gives a message its effects, again where it had them before; its facts as its body tells them today. `body` is undefined once wiped. */
export type MessageHandler = (message: Message, body: string | undefined) => Promise<MessageMetadata>;

/** Told of a message, as it was taken, once its facts and that it has had its effects are written down. Never throws. */
export type OnProcessed = (message: Message, metadata: MessageMetadata) => Promise<void>;

export interface InboxWorkerOptions {
  readonly inbox: Inbox;
  readonly handle: MessageHandler;
  readonly onProcessed: OnProcessed;
  readonly clock: Clock;
  readonly monotonic: MonotonicClock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Names this process in the table. */
  readonly owner: string;
  /** After this without a word its process is taken for dead; while it is at work it says so three times as often. */
  readonly leaseMs: number;
  /** Time between two looks for what another process has left behind. */
  readonly intervalMs: number;
  /** How long a body is kept. */
  readonly retentionMs: number;
}

interface ProcessedMessage extends LeasedMessage {
  readonly metadata: MessageMetadata;
}

const BATCH_SIZE = 50;
const PURGE_INTERVAL_MS = 3_600_000;

const isSameMetadata = (one: MessageMetadata, other: MessageMetadata) =>
  one.kind === other.kind && one.subject === other.subject && one.occurredAt === other.occurredAt;

/** Gives messages their effects, in any replica, one at a time each; what fails is tried again until it works, or its body is too old to be kept. */
export function createInboxWorker(options: InboxWorkerOptions) {
  const { inbox, handle, onProcessed, clock, monotonic, random, logger, owner, leaseMs, intervalMs, retentionMs } =
    options;
  let lastPurgeAt: Instant | undefined;

  async function processMessage(leased: LeasedMessage): Promise<MessageMetadata | undefined> {
    const { message } = leased;
    try {
      const metadata = await handle(message, inbox.decryptBody(message));
      if (!isSameMetadata(message, metadata)) await inbox.updateMetadata(leased, metadata);
      return metadata;
    } catch (error) {
      logger.error({ messageId: message.id, ...describeError(error) }, "a message could not be processed");
      const now = clock.now();
      await inbox.postpone(leased, now + recheckDelayMs(now - message.receivedAt, random()));
      return undefined;
    }
  }

  /** Renews the lease of a batch until what is given back is called. */
  function startLeaseRenewal(due: readonly LeasedMessage[]): () => void {
    const [first] = due; // all are under one lease
    if (!first) return () => undefined;
    const ids = due.map(({ message }) => message.id);
    const timer = setInterval(() => {
      inbox.renewLease(first.lease, ids, { leaseMs, now: clock.now() }).catch((error: unknown) => {
        logger.warn(describeError(error), "a lease could not be renewed");
      });
    }, leaseMs / 3);
    return () => {
      clearInterval(timer);
    };
  }

  /** What another has taken over by now is another's to tell of. */
  async function finish(processed: readonly ProcessedMessage[]): Promise<void> {
    const [first] = processed;
    if (!first) return;
    const ids = processed.map(({ message }) => message.id);
    const markedIds = new Set(await inbox.markProcessed(first.lease, ids, clock.now()));
    await Promise.all(
      processed
        .filter(({ message }) => markedIds.has(message.id))
        .map(({ message, metadata }) => onProcessed(message, metadata)),
    );
  }

  async function purgeExpired(): Promise<void> {
    if (lastPurgeAt !== undefined && msSince(lastPurgeAt, monotonic) < PURGE_INTERVAL_MS) return;
    lastPurgeAt = monotonic.now();
    const { bodies, unprocessed, hasMore } = await inbox.purgeBodies(clock.now() - retentionMs);
    if (bodies > 0) logger.info({ bodies }, "old messages were wiped");
    if (unprocessed > 0)
      logger.warn({ messages: unprocessed }, "old messages were given up: they never had their effects");
    if (hasMore) lastPurgeAt = undefined; // and more at the next look
  }

  /** Takes what is due and works on it; answers how many that were. */
  async function pollOnce(): Promise<number> {
    const query: DueQuery = { owner, leaseMs, now: clock.now(), limit: BATCH_SIZE };
    const due = await inbox.leaseDue(query);
    const stopLeaseRenewal = startLeaseRenewal(due);
    try {
      const results = await Promise.allSettled(due.map(processMessage));
      const processed = due.flatMap(({ message, lease }, index) => {
        const result = results[index];
        return result?.status === "fulfilled" && result.value ? [{ message, lease, metadata: result.value }] : [];
      });
      await finish(processed);
    } finally {
      stopLeaseRenewal();
    }
    await purgeExpired();
    return due.length;
  }

  const worker = createPollingWorker({
    pollOnce,
    batchSize: BATCH_SIZE,
    intervalMs,
    onFailure: (error) => {
      logger.warn(describeError(error), "the inbox could not be read");
    },
  });
  return { pollOnce, start: worker.start, trigger: worker.trigger, stop: worker.stop };
}
