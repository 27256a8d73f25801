import { setTimeout as sleep } from "node:timers/promises";
import { findProblems } from "./histories-check";
import { drawRound, type Profile } from "./histories-draw";
import {
  type Commit,
  type Event,
  type Happening,
  type History,
  type Problem,
  type StoredOperation,
} from "./histories-events";
import { createConductor } from "./histories-play";
import { CALLER, press, type Press } from "./histories-press";
import { type Round } from "./histories-steps";
import { type HistoriesWorld, isTableMissing, openHistoriesWorld } from "./histories-world";

export interface HistoriesOptions {
  /** The same seed and profile draw the same rounds; how the processes interleave within them is the machine's. */
  readonly seed: number;
  readonly profile: Profile;
  /** How long rounds are begun. It decides how many are played, never whether a promise was kept. */
  readonly seconds: number;
  /** So many are played however long they take; default 1. */
  readonly leastRounds?: number;
}

export interface HistoriesReport {
  readonly rounds: readonly Round[];
  readonly history: History;
  readonly problems: readonly Problem[];
  readonly settledAfterMs: number;
}

/** What is not settled by then is reported as a problem. */
const SETTLED_WITHIN_MS = 60_000;

async function untilSettled(world: HistoriesWorld): Promise<number> {
  const startedAt = performance.now();
  const waited = () => performance.now() - startedAt;
  const countOpen = async () => {
    const [count] = await world.column("select count(*) from operation where status in ('PENDING', 'UNCONFIRMED')");
    return Number(count);
  };
  while ((await countOpen()) > 0 && waited() < SETTLED_WITHIN_MS) await sleep(50);
  return waited();
}

async function readStore(world: HistoriesWorld, presses: Iterable<Press>): Promise<StoredOperation[]> {
  const operations: StoredOperation[] = [];
  for (const { key, effect } of presses) {
    const found = await world.ledger.findByKey(CALLER.sub, key).catch((error: unknown) => {
      if (isTableMissing(error)) return undefined;
      throw error;
    });
    if (!found) continue;
    const { id, status, failure, sentAt } = found;
    const result = found.result as { readonly id?: string } | null;
    const evidence = { wasSent: sentAt !== null, cancellationId: result?.id ?? null };
    operations.push({ id, key, effect, status, failureCode: failure?.code ?? null, ...evidence });
  }
  return operations;
}

async function readCommits({ avibra, delbank }: HistoriesWorld): Promise<Commit[]> {
  const [members, authorizations] = await Promise.all([avibra.state(), delbank.state()]);
  const created = members.commits.map(({ subject, idempotencyKey = "" }) => ({ subject, id: idempotencyKey }));
  const cancelled = (authorizations.authorizations ?? []) as {
    recurrenceId: string;
    cancellations: { id: string }[];
  }[];
  return [
    ...created.map((commit): Commit => ({ provider: "avibra", ...commit })),
    ...cancelled
      .filter(({ recurrenceId }) => recurrenceId.includes("more"))
      .flatMap(({ recurrenceId: subject, cancellations }) =>
        cancellations.map(({ id }): Commit => ({ provider: "delbank", subject, id })),
      ),
  ];
}

/** Each stored key once more, by a process of its turn. */
async function replay(
  { members }: HistoriesWorld,
  operations: readonly StoredOperation[],
): Promise<History["replays"]> {
  const replays = [];
  for (const [index, { key, effect }] of operations.entries()) {
    const process = members[index % members.length];
    const [told = { outcome: "none" as const }] = process ? await press(process.replica, [{ key, effect }]) : [];
    replays.push({ key, told });
  }
  return replays;
}

/** Plays rounds until the time is over; then, when all is well and nothing is left to be done, checks what happened. */
export async function runHistories(options: HistoriesOptions): Promise<HistoriesReport> {
  const { seed, profile, seconds, leastRounds = 1 } = options;
  const events: Event[] = [];
  const rounds: Round[] = [];
  const unanswered = new Set<Promise<void>>();
  const presses = new Map<string, Press>();
  const openedAt = performance.now();
  const record = (happening: Happening) => {
    events.push({ ...happening, round: rounds.at(-1)?.index ?? -1, atMs: Math.round(performance.now() - openedAt) });
  };
  const world = await openHistoriesWorld(seed, record);
  try {
    const conductor = createConductor({ world, events, record, unanswered, presses });
    const startedAt = performance.now();
    const isOver = () => rounds.length >= leastRounds && performance.now() - startedAt >= seconds * 1000;
    while (!isOver()) {
      const round = drawRound(seed, profile, rounds.length);
      rounds.push(round);
      await conductor.play(round);
    }
    await Promise.all(unanswered);
    const settledAfterMs = await untilSettled(world);
    const operations = await readStore(world, presses.values());
    const commits = await readCommits(world);
    const inbox = await world.column("select subject from message where subject is not null");
    const countWrites = async () =>
      events.filter(({ type }) => type === "received").length + (await readCommits(world)).length;
    const before = await countWrites();
    const replays = await replay(world, operations);
    const sentByReplays = (await countWrites()) - before;
    const history = { events: [...events], operations, commits, inbox, replays, sentByReplays };
    return { rounds, history, problems: findProblems(history), settledAfterMs };
  } finally {
    await world.close();
  }
}
