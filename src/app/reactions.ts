import { type Message, type MessageMetadata } from "../platform/inbox/message";
import { isSettled } from "../platform/operations/operation-status.state";
import { type ReportedOperation } from "../platform/operations/operation";
import { type PubSub, type PubSubMessage } from "../platform/pubsub/pub-sub";
import { topics } from "../platform/pubsub/topics";
import { type Metrics } from "../platform/observability/metrics";
import { type ReadCache } from "../platform/reads/read-cache";
import { operationTags, userTag } from "../platform/reads/read-tags";

/** What every replica is told when a member is erased: it names nobody, because SQLite stores it. */
export const MEMBER_ERASED: PubSubMessage = { topic: topics.allReadsInvalidated, key: "all" };

/** Invalidate the reads of an operation's member and recurrence on every replica. */
function invalidationMessages(operation: ReportedOperation): PubSubMessage[] {
  return operationTags(operation).map((key) => ({ topic: topics.readsInvalidated, key }));
}

/**
 * What every replica is told when an operation has settled, or came to `NEEDS_ATTENTION`. It is published together: a subscriber that
 * is notified must not read the old value.
 */
export function settlementMessages(operation: ReportedOperation): PubSubMessage[] {
  return [...invalidationMessages(operation), { topic: topics.operationSettled, key: operation.id }];
}

/**
 * What the program does when an operation or an event changes. Only this file publishes.
 *
 * | when                                   | then                                                                          |
 * | -------------------------------------- | ----------------------------------------------------------------------------- |
 * | an operation settled, by anyone        | reads of its member and recurrence are invalidated, its subscribers notified  |
 * | an execution ended, not settled        | reads of its member and recurrence are invalidated                            |
 * | an execution left it `UNCONFIRMED`     | stored events are matched with it: one may prove that it succeeded            |
 * | it came to `NEEDS_ATTENTION`           | its subscribers are notified; they wait on, because it may still settle       |
 * | an event's effects are applied         | reads of its member are invalidated                                           |
 * | an event is processed and marked so    | subscribers of its member's events are notified                               |
 * | reads were invalidated, by any replica | this replica's read cache drops them; all, if messages may have been missed   |
 * | a member was erased, by a command      | this replica's read cache drops all reads                                     |
 * | the sandbox was reset, by any replica  | this replica's read cache drops all reads, and its circuit breakers close     |
 */
export const reactions = {
  /** Called by the operation store once for each operation that it settles. */
  operationSettled(operation: ReportedOperation, pubSub: PubSub): void {
    void pubSub.publish(...settlementMessages(operation));
  },

  /** In a request or by the reconciler. Metrics count every execution, but not one that leaves it at `NEEDS_ATTENTION`. */
  operationExecuted(
    operation: ReportedOperation,
    { pubSub, metrics, matchStoredEvents }: OperationExecutedOptions,
  ): void {
    metrics.recordOperation(operation.kind, operation.status);
    if (isSettled(operation.status)) return; // `operationSettled` has published
    const isParked = operation.status === "NEEDS_ATTENTION";
    void pubSub.publish(...(isParked ? settlementMessages(operation) : invalidationMessages(operation)));
    if (operation.status === "UNCONFIRMED") matchStoredEvents(operation);
  },

  /** Before the event is marked as processed: after a crash it happens again. */
  async eventApplied({ subject }: MessageMetadata, pubSub: PubSub): Promise<void> {
    if (subject !== null) await pubSub.publish({ topic: topics.readsInvalidated, key: userTag(subject) });
  },

  /** `message` is the event before it was processed. One that is processed again is published only if its member changed. */
  async eventProcessed(message: Message, { subject }: MessageMetadata, pubSub: PubSub): Promise<void> {
    const wasPublished = message.processedAt !== null && message.subject === subject;
    if (subject !== null && !wasPublished) await pubSub.publish({ topic: topics.eventProcessed, key: subject });
  },

  async sandboxReset(pubSub: PubSub): Promise<void> {
    await pubSub.publish({ topic: topics.sandboxReset, key: "all" });
  },

  /** Subscribes for the lifetime of the process. */
  onSandboxReset(
    {
      readCache,
      providers,
    }: { readCache: Pick<ReadCache, "invalidateAll">; providers: { readonly reset: () => void } },
    pubSub: PubSub,
  ): void {
    pubSub.subscribe(topics.sandboxReset, () => {
      providers.reset();
      readCache.invalidateAll();
    });
  },

  /** Subscribes the read cache for the lifetime of the process. */
  readsInvalidated(readCache: Pick<ReadCache, "invalidate" | "invalidateAll">, pubSub: PubSub): void {
    pubSub.subscribe(
      topics.readsInvalidated,
      ({ key }) => {
        readCache.invalidate(key);
      },
      () => {
        readCache.invalidateAll();
      },
    );
    pubSub.subscribe(topics.allReadsInvalidated, () => {
      readCache.invalidateAll();
    });
  },
};

export interface OperationExecutedOptions {
  readonly pubSub: PubSub;
  readonly metrics: Pick<Metrics, "recordOperation">;
  readonly matchStoredEvents: (operation: ReportedOperation) => void;
}
