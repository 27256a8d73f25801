import { setTimeout as sleep } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import { DATA_TABLES } from "./prepare-database";
import { reactions } from "./reactions";
import { type Stores } from "./stores";
import { DatabaseUnavailable } from "../platform/database/database.errors";
import { lockLiveMarker } from "../platform/database/live-marker";
import { describeError } from "../platform/errors/describe-error";
import { type ResetOutcome } from "../platform/http/server/developer-reset-route";
import { type Clock } from "../platform/kernel/clock";
import { createDeadline } from "../platform/kernel/deadline";
import { monotonicClock } from "../platform/kernel/monotonic-clock";
import { type Logger } from "../platform/observability/logger";

/** The simulated providers of the sandbox. */
export interface SandboxProviders {
  /** Whether both providers are simulated. */
  readonly isComplete: boolean;
  /** Receives the providers' events at this URL, first those that led to their seeds. Resolves to whether these were received. */
  readonly connect: (url: string) => Promise<boolean>;
  /** Removes the faults and ends the calls that hang by one. Resolves to whether all providers did so. */
  readonly abortFaults: () => Promise<boolean>;
  /** Resets the providers. Resolves to whether all of them were reset. */
  readonly reset: () => Promise<boolean>;
}

export interface ResetOptions {
  readonly sandboxProviders: SandboxProviders;
  readonly stores: Pick<Stores, "database" | "pubSub">;
  /** Stops accepting events, so that none from before the reset is stored after it. */
  readonly webhooks: { readonly pause: () => Promise<void>; readonly resume: () => void };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly leaseMs: number;
  /** Maximum time of one execution of a mutation. */
  readonly requestTimeoutMs: number;
}

const POLL_MS = 50;
/** Time for the reset itself, after the last mutation that was in flight has ended. */
const GRACE_MS = 5000;

/** Locks the tables, so that no process claims a mutation or stores an event until the end of the transaction. */
async function lockTables(transaction: Kysely<unknown>): Promise<void> {
  const tables = sql.join(DATA_TABLES.map((table) => sql.table(table)));
  await sql`lock table ${tables} in share row exclusive mode`.execute(transaction);
}

/** Resets the sandbox to its first start: providers, operations, events, and on every replica cached reads and circuit breakers. */
export function createSandboxReset(options: ResetOptions) {
  const { sandboxProviders, stores, webhooks, clock, logger, leaseMs, requestTimeoutMs } = options;
  const { database, pubSub } = stores;
  let previous: Promise<unknown> = Promise.resolve();

  /** Whether a process executes a mutation now. A lease that is older than any execution is that of a process that died. */
  async function isMutationInFlight(transaction: Kysely<unknown>): Promise<boolean> {
    const { rows } = await sql`select id from operation
      where lease_until > ${clock.now() + leaseMs - requestTimeoutMs} limit 1`.execute(transaction);
    return rows.length > 0;
  }

  /** The providers and the tables are reset in one step: a mutation is executed before it or after it, and never seen by half of it. */
  function resetOnce(): Promise<ResetOutcome | "inFlight"> {
    return database.kysely.transaction().execute(async (transaction) => {
      if (await lockLiveMarker(transaction, database.dialect)) return "live";
      if (database.dialect === "postgres") await lockTables(transaction);
      if (await isMutationInFlight(transaction)) return "inFlight";
      if (!(await sandboxProviders.reset())) return "unavailable";
      for (const table of DATA_TABLES) await sql`delete from ${sql.table(table)}`.execute(transaction);
      return "done";
    });
  }

  async function resetWhenIdle(): Promise<ResetOutcome> {
    const deadline = createDeadline(monotonicClock, requestTimeoutMs + GRACE_MS);
    while (deadline.remainingMs() > 0) {
      const outcome = await resetOnce();
      if (outcome !== "inFlight") return outcome;
      await sleep(POLL_MS);
    }
    return "unavailable";
  }

  const isLive = () =>
    database.kysely.transaction().execute((transaction) => lockLiveMarker(transaction, database.dialect));

  async function reset(url: string): Promise<ResetOutcome> {
    if (!sandboxProviders.isComplete || (await isLive())) return "live";
    // Ends the mutations whose calls hang by a fault. If a provider does not respond, none is reset.
    if (!(await sandboxProviders.abortFaults())) return "unavailable";
    await webhooks.pause();
    const outcome = await resetWhenIdle().finally(async () => {
      webhooks.resume();
      await reactions.sandboxReset(pubSub); // the providers may have been reset, even if the tables were not
    });
    if (outcome !== "done") return outcome;
    logger.info("the sandbox was reset");
    return (await sandboxProviders.connect(url)) ? "done" : "unavailable";
  }

  /** Resets are executed one after the other. `url` is where events are received. */
  return (url: string): Promise<ResetOutcome> => {
    const result = previous.then(async () => {
      try {
        return await reset(url);
      } catch (error) {
        if (!(error instanceof DatabaseUnavailable)) throw error;
        logger.warn(describeError(error), "the sandbox could not be reset");
        return "unavailable";
      }
    });
    previous = result.catch(() => undefined);
    return result;
  };
}
