import { DatabaseUnavailable } from "../database/database.errors";
import { type DueQuery } from "../database/due-rows";
import { describeError } from "../errors/describe-error";
import { recheckDelayMs } from "../kernel/backoff";
import { type Logger } from "../observability/logger";
import { type Clock } from "../kernel/clock";
import { type Instant, type MonotonicClock, msSince } from "../kernel/monotonic-clock";
import { createPollingWorker } from "../kernel/polling-worker";
import { type Inbox } from "./inbox";
import { type LeasedMessage, type Message, type MessageMetadata } from "./message";

/** Processes a message; must be idempotent. Returns the metadata that the body has today. `body` is undefined once it is purged. */
export type MessageHandler = (message: Message, body: string | undefined) => Promise<MessageMetadata>;

/** Called with a message as it was leased, after its metadata and that it is processed are stored. Never throws. */
export type OnProcessed = (message: Message, metadata: MessageMetadata) => Promise<void>;

export interface InboxWorkerOptions {
  readonly inbox: Inbox;
  readonly handle: MessageHandler;
  readonly onProcessed: OnProcessed;
  readonly clock: Clock;
  readonly monotonic: MonotonicClock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Identifies this process in the table. */
  readonly owner: string;
  /** A process whose lease has expired is considered dead; it renews its lease three times in this period. */
  readonly leaseMs: number;
  /** Time between two polls for messages that other processes have left. */
  readonly intervalMs: number;
  /** How long a body is stored. */
  readonly retentionMs: number;
}

interface ProcessedMessage extends LeasedMessage {
  readonly metadata: MessageMetadata;
}

const BATCH_SIZE = 50;
const PURGE_INTERVAL_MS = 3_600_000;

const isSameMetadata = (one: MessageMetadata, other: MessageMetadata) =>
  one.kind === other.kind && one.subject === other.subject && one.occurredAt === other.occurredAt;

/** Processes messages, each in one replica at a time. A message that fails is retried until it succeeds or its body expires. */
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
      logger.error({ messageId: message.id, ...describeError(error) }, "processing an inbox message failed");
      const now = clock.now();
      await inbox.postpone(leased, now + recheckDelayMs(now - message.receivedAt, random()));
      return undefined;
    }
  }

  /** Renews the lease of a batch until the returned function is called. */
  function startLeaseRenewal(due: readonly LeasedMessage[]): () => void {
    const [first] = due; // the whole batch has one lease
    if (!first) return () => undefined;
    const ids = due.map(({ message }) => message.id);
    const timer = setInterval(() => {
      inbox.renewLease(first.lease, ids, { leaseMs, now: clock.now() }).catch((error: unknown) => {
        logger.warn(describeError(error), "renewing the lease failed");
      });
    }, leaseMs / 3);
    return () => {
      clearInterval(timer);
    };
  }

  /** `onProcessed` is not called for a message that another worker has taken over. */
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
    if (bodies > 0) logger.info({ bodies }, "inbox message bodies purged");
    if (unprocessed > 0) logger.warn({ messages: unprocessed }, "inbox messages expired unprocessed");
    if (hasMore) lastPurgeAt = undefined; // the next poll purges more
  }

  /** Leases and processes due messages; resolves to their number. */
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
      // The loss of the database is logged once, not at each poll.
      const level = error instanceof DatabaseUnavailable ? "debug" : "warn";
      logger[level](describeError(error), "polling the inbox failed");
    },
  });
  return { pollOnce, start: worker.start, trigger: worker.trigger, stop: worker.stop };
}
