import { type DueQuery, type Lease } from "../database/due-rows";
import { describeError } from "../errors/describe-error";
import { recheckDelayMs } from "../ledger/retry";
import { type Logger } from "../telemetry/logger";
import { type Clock } from "../time/clock";
import { createWorkLoop } from "../time/work-loop";
import { type Inbox } from "./inbox.store";
import { type LeasedMessage, type Message, type MessageFacts } from "./message.type";

/** Gives a message its effects, again where it had them before; its facts as its body tells them today. `body` is undefined once wiped. */
export type HandleMessage = (message: Message, body: string | undefined) => Promise<MessageFacts>;

export interface InboxWorkerOptions {
  readonly inbox: Inbox;
  readonly handle: HandleMessage;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Names this process in the table. */
  readonly owner: string;
  /** Longer than the effects of a batch take. */
  readonly leaseMs: number;
  /** Time between two looks for what another process has left behind. */
  readonly intervalMs: number;
  /** How long a body is kept. */
  readonly retentionMs: number;
}

const BATCH = 50;
const WIPE_EVERY_MS = 3_600_000;

const isSame = (one: MessageFacts, other: MessageFacts) =>
  one.kind === other.kind && one.subject === other.subject && one.occurredAt === other.occurredAt;

/** Gives messages their effects, in any replica, one at a time each; what fails is tried again until it works. */
export function createInboxWorker(options: InboxWorkerOptions) {
  const { inbox, handle, clock, random, logger, owner, leaseMs, intervalMs, retentionMs } = options;
  let wipedAt = -Infinity;

  async function work(leased: LeasedMessage): Promise<boolean> {
    const { message } = leased;
    try {
      const facts = await handle(message, inbox.openBody(message));
      if (!isSame(message, facts)) await inbox.correct(leased, facts);
      return true;
    } catch (error) {
      logger.error({ messageId: message.id, ...describeError(error) }, "a message could not be processed");
      const now = clock.now();
      await inbox.postpone(leased, now + recheckDelayMs(now - message.receivedAt, random()));
      return false;
    }
  }

  async function wipeOld(): Promise<void> {
    const now = clock.now();
    if (now - wipedAt < WIPE_EVERY_MS) return;
    wipedAt = now;
    const bodies = await inbox.wipeBodies(now - retentionMs);
    if (bodies > 0) logger.info({ bodies }, "old messages were wiped");
  }

  /** Takes what is due and works on it; answers how many that were. */
  async function runOnce(): Promise<number> {
    const query: DueQuery = { owner, leaseMs, now: clock.now(), limit: BATCH };
    const due = await inbox.takeDue(query);
    const worked = await Promise.allSettled(due.map(work));
    const done = due.filter((_, index) => {
      const result = worked[index];
      return result?.status === "fulfilled" && result.value;
    });
    const lease: Lease | undefined = done[0]?.lease;
    if (lease)
      await inbox.markProcessed(
        lease,
        done.map(({ message }) => message.id),
        clock.now(),
      );
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
