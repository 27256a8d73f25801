import { setTimeout as sleep } from "node:timers/promises";
import { findProblems } from "./histories-check";
import { generateRound, type Profile } from "./histories-generator";
import {
  type Commit,
  type Event,
  type EventDetails,
  type History,
  type Problem,
  type ReportedOutcome,
  type StoredOperation,
} from "./histories-events";
import { createConductor } from "./histories-play";
import { CALLER, sendRequests, type MutationRequest } from "./histories-request";
import { type Round } from "./histories-steps";
import { type HistoriesCluster, isTableMissing, startHistoriesCluster } from "./histories-cluster";

export interface HistoriesOptions {
  /** The same seed and profile draw the same rounds; how the processes interleave within them is the machine's. */
  readonly seed: number;
  readonly profile: Profile;
  /** How long rounds are begun. It decides how many are played, never whether a promise was kept. */
  readonly seconds: number;
  /** So many are played however long they take; default 1. */
  readonly leastRounds?: number;
  /**
   * After those, rounds are played until this is true of the events, up to `MAX_EXTRA_ROUNDS` more: on a slow machine a fault may
   * miss the request that it is meant for.
   */
  readonly isComplete?: (events: readonly Event[]) => boolean;
}

const MAX_EXTRA_ROUNDS = 60;

export interface HistoriesReport {
  readonly rounds: readonly Round[];
  readonly history: History;
  readonly problems: readonly Problem[];
  readonly settledAfterMs: number;
}

/** What is not settled by then is reported as a problem. */
const SETTLED_WITHIN_MS = 180_000;
/** A replay that a slow machine cuts at its request's timeout is sent again. */
const REPLAY_ATTEMPTS = 10;

async function waitUntilSettled(cluster: HistoriesCluster): Promise<number> {
  const startedAt = performance.now();
  const waited = () => performance.now() - startedAt;
  const countOpen = async () => {
    const [count] = await cluster.column("select count(*) from operation where status in ('PENDING', 'UNCONFIRMED')");
    return Number(count);
  };
  while ((await countOpen()) > 0 && waited() < SETTLED_WITHIN_MS) await sleep(50);
  return waited();
}

async function readStore(cluster: HistoriesCluster, requests: Iterable<MutationRequest>): Promise<StoredOperation[]> {
  const operations: StoredOperation[] = [];
  for (const { key, effect } of requests) {
    const found = await cluster.ledger.findByKey(CALLER.sub, key).catch((error: unknown) => {
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

async function readCommits({ avibra, delbank }: HistoriesCluster): Promise<Commit[]> {
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
  { members }: HistoriesCluster,
  operations: readonly StoredOperation[],
): Promise<History["replays"]> {
  const replays = [];
  for (const [index, { key, effect }] of operations.entries()) {
    const process = members[index % members.length];
    let reported: ReportedOutcome = { outcome: "none" };
    for (let attempt = 0; process && attempt < REPLAY_ATTEMPTS && reported.outcome !== "operation"; attempt += 1) {
      [reported = reported] = await sendRequests(process.replica, [{ key, effect }]);
    }
    replays.push({ key, reported });
  }
  return replays;
}

/** Plays rounds until the time is over; then, when all is well and nothing is left to be done, checks what happened. */
export async function runHistories(options: HistoriesOptions): Promise<HistoriesReport> {
  const { seed, profile, seconds, leastRounds = 1, isComplete = () => true } = options;
  const events: Event[] = [];
  const rounds: Round[] = [];
  const unanswered = new Set<Promise<void>>();
  const requests = new Map<string, MutationRequest>();
  const openedAt = performance.now();
  const record = (eventDetails: EventDetails) => {
    events.push({ ...eventDetails, round: rounds.at(-1)?.index ?? -1, atMs: Math.round(performance.now() - openedAt) });
  };
  const cluster = await startHistoriesCluster(seed, record);
  try {
    const conductor = createConductor({ cluster, events, record, unanswered, requests });
    const startedAt = performance.now();
    const isOver = () =>
      rounds.length >= leastRounds &&
      performance.now() - startedAt >= seconds * 1000 &&
      (isComplete(events) || rounds.length >= leastRounds + MAX_EXTRA_ROUNDS);
    while (!isOver()) {
      const round = generateRound(seed, profile, rounds.length);
      rounds.push(round);
      await conductor.play(round);
    }
    await Promise.all(unanswered);
    const settledAfterMs = await waitUntilSettled(cluster);
    const operations = await readStore(cluster, requests.values());
    const commits = await readCommits(cluster);
    const inbox = await cluster.column("select subject from message where subject is not null");
    const countWrites = async () =>
      events.filter(({ type }) => type === "received").length + (await readCommits(cluster)).length;
    const before = await countWrites();
    const replays = await replay(cluster, operations);
    const sentByReplays = (await countWrites()) - before;
    const history = { events: [...events], operations, commits, inbox, replays, sentByReplays };
    return { rounds, history, problems: findProblems(history), settledAfterMs };
  } finally {
    await cluster.close();
  }
}
