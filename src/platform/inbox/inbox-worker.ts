import { type DueQuery } from "../database/due-rows";
import { describeError } from "../errors/describe-error";
import { recheckDelayMs } from "../ledger/retry";
import { type Logger } from "../telemetry/logger";
import { type Clock } from "../time/clock";
import { type Instant, type MonotonicClock, msSince } from "../time/monotonic-clock";
import { createWorkLoop } from "../time/work-loop";
import { type Inbox } from "./inbox.store";
import { type LeasedMessage, type Message, type MessageFacts } from "./message.type";

/** Gives a message its effects, again where it had them before; its facts as its body tells them today. `body` is undefined once wiped. */
export type HandleMessage = (message: Message, body: string | undefined) => Promise<MessageFacts>;

/** Told of a message, as it was taken, once its facts and that it has had its effects are written down. Never throws. */
export type OnProcessed = (message: Message, facts: MessageFacts) => Promise<void>;

export interface InboxWorkerOptions {
  readonly inbox: Inbox;
  readonly handle: HandleMessage;
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

interface Done extends LeasedMessage {
  readonly facts: MessageFacts;
}

const BATCH = 50;
const WIPE_EVERY_MS = 3_600_000;

const isSame = (one: MessageFacts, other: MessageFacts) =>
  one.kind === other.kind && one.subject === other.subject && one.occurredAt === other.occurredAt;

/** Gives messages their effects, in any replica, one at a time each; what fails is tried again until it works, or its body is too old to be kept. */
export function createInboxWorker(options: InboxWorkerOptions) {
  const { inbox, handle, onProcessed, clock, monotonic, random, logger, owner, leaseMs, intervalMs, retentionMs } =
    options;
  let wipedAt: Instant | undefined;

  async function work(leased: LeasedMessage): Promise<MessageFacts | undefined> {
    const { message } = leased;
    try {
      const facts = await handle(message, inbox.openBody(message));
      if (!isSame(message, facts)) await inbox.correct(leased, facts);
      return facts;
    } catch (error) {
      logger.error({ messageId: message.id, ...describeError(error) }, "a message could not be processed");
      const now = clock.now();
      await inbox.postpone(leased, now + recheckDelayMs(now - message.receivedAt, random()));
      return undefined;
    }
  }

  /** Renews the lease of a batch until what is given back is called. */
  function keepLease(due: readonly LeasedMessage[]): () => void {
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
  async function finish(done: readonly Done[]): Promise<void> {
    const [first] = done;
    if (!first) return;
    const ids = done.map(({ message }) => message.id);
    const marked = new Set(await inbox.markProcessed(first.lease, ids, clock.now()));
    await Promise.all(
      done.filter(({ message }) => marked.has(message.id)).map(({ message, facts }) => onProcessed(message, facts)),
    );
  }

  async function wipeOld(): Promise<void> {
    if (wipedAt !== undefined && msSince(wipedAt, monotonic) < WIPE_EVERY_MS) return;
    wipedAt = monotonic.now();
    const { bodies, givenUp, isFull } = await inbox.wipeBodies(clock.now() - retentionMs);
    if (bodies > 0) logger.info({ bodies }, "old messages were wiped");
    if (givenUp > 0) logger.warn({ messages: givenUp }, "old messages were given up: they never had their effects");
    if (isFull) wipedAt = undefined; // and more at the next look
  }

  /** Takes what is due and works on it; answers how many that were. */
  async function runOnce(): Promise<number> {
    const query: DueQuery = { owner, leaseMs, now: clock.now(), limit: BATCH };
    const due = await inbox.takeDue(query);
    const letGo = keepLease(due);
    try {
      const worked = await Promise.allSettled(due.map(work));
      const done = due.flatMap(({ message, lease }, index) => {
        const result = worked[index];
        return result?.status === "fulfilled" && result.value ? [{ message, lease, facts: result.value }] : [];
      });
      await finish(done);
    } finally {
      letGo();
    }
    await wipeOld();
    return due.length;
  }

  const loop = createWorkLoop({
    runOnce,
    batch: BATCH,
    intervalMs,
    onFailure: (error) => {
      logger.warn(describeError(error), "the inbox could not be read");
    },
  });
  return { runOnce, start: loop.start, wake: loop.wake, stop: loop.stop };
}
