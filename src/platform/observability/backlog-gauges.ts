import { type Clock } from "../kernel/clock";
import { type RegisterLabeled } from "./labeled-gauge";

/** What is still to be done, as the store said at the last poll. Times are epoch ms; null if there is nothing. */
export interface Backlog {
  readonly unsettled: readonly {
    readonly status: string;
    readonly count: number;
    readonly oldestCreatedAt: number | null;
  }[];
  readonly due: { readonly count: number; readonly oldestReceivedAt: number | null };
}

/** The database as the gauges see it. None of these executes a statement. */
export interface DatabaseState {
  readonly isUp: () => boolean;
  readonly connections: () => Readonly<Record<"used" | "idle" | "waiting", number>>;
  /** Undefined before the first poll. */
  readonly backlog: () => Backlog | undefined;
  readonly clock: Clock;
}

/** Registers the gauges of the database and of what is still to be done in it. */
export function registerBacklogGauges(
  register: RegisterLabeled,
  { isUp, connections, backlog, clock }: DatabaseState,
): void {
  const ageSeconds = (at: number | null) => (at === null ? 0 : Math.max(0, clock.now() - at) / 1000);
  const unlabeled = (getValue: () => number) => ({
    labelNames: [] as const,
    getSamples: () => [{ labels: {}, value: getValue() }],
  });
  const byStatus = (getValue: (count: Backlog["unsettled"][number]) => number) => ({
    labelNames: ["status"] as const,
    getSamples: () =>
      (backlog()?.unsettled ?? []).map((count) => ({ labels: { status: count.status }, value: getValue(count) })),
  });

  register(
    "database_up",
    "Whether the database could be read and written at the last check: 1 or 0.",
    unlabeled(() => (isUp() ? 1 : 0)),
  );
  register("database_connections", "Connections of this process to the database, and statements that wait for one.", {
    labelNames: ["state"],
    getSamples: () => Object.entries(connections()).map(([state, value]) => ({ labels: { state }, value })),
  });
  register(
    "operations_unsettled",
    "Operations of all replicas without a known outcome, at most 10000 for each status.",
    byStatus(({ count }) => count),
  );
  register(
    "operations_oldest_unsettled_age_seconds",
    "Time since the creation of the oldest operation without a known outcome; 0 if there is none.",
    byStatus(({ oldestCreatedAt }) => ageSeconds(oldestCreatedAt)),
  );
  register(
    "inbox_messages_due",
    "Webhook events of all replicas that are stored and due to be processed, at most 10000.",
    unlabeled(() => backlog()?.due.count ?? 0),
  );
  register(
    "inbox_oldest_due_age_seconds",
    "Time since the oldest of the due webhook events was received; 0 if there is none.",
    unlabeled(() => ageSeconds(backlog()?.due.oldestReceivedAt ?? null)),
  );
}
