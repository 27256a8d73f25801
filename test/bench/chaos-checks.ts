import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Commit, type ReceivedRequest } from "../kit/sandbox-control";

/** What the ledger says of one operation in the end. */
export interface SettledOperation {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly target: string | null;
  /** How often it was begun to be sent. */
  readonly attempts: number;
}

/** The ledger of a program that keeps it in this directory, read beside it. */
export function readOperations(directory: string): readonly SettledOperation[] {
  const database = new DatabaseSync(join(directory, "ledger.db"), { readOnly: true });
  try {
    return database
      .prepare("select id, kind, status, recurrence_id as target, attempts from operation")
      .all() as unknown as SettledOperation[];
  } finally {
    database.close();
  }
}

export const isUnsettled = ({ status }: SettledOperation): boolean => ["PENDING", "UNCONFIRMED"].includes(status);

/** The name in Avibra's journal of what a kind commits under its own id as the key. A link commits nothing. */
const COMMITTED_AS: Readonly<Record<string, string>> = {
  CREATE_USER: "create",
  UPDATE_USER: "update",
  PREFILL_USER: "prefill",
  CANCEL_USER: "cancel",
  CHANGE_OFFER: "offers",
};

function countBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}

const findDuplicates = (counts: Iterable<readonly [string, number]>) =>
  [...counts].filter(([, count]) => count > 1).map(([what, count]) => `${what}: ${count} times`);

/** Effects that happened more than once: by operation at Avibra, for new accounts also by caller's key; by authorization at Delbank. */
export function findDuplicateCommits(avibra: readonly Commit[], delbank: readonly Commit[]): string[] {
  // Each caller's key is drawn with a new account of its own: two operations made of one key would tell by it.
  const created = avibra.filter(({ operation }) => ["create", "prefill"].includes(operation));
  return [
    ...findDuplicates(
      countBy(avibra, ({ operation, idempotencyKey = "without a key" }) => `${operation} ${idempotencyKey}`),
    ),
    ...findDuplicates(countBy(created, ({ operation, subject }) => `${operation} ${subject}`)),
    ...findDuplicates(countBy(delbank, ({ operation, subject }) => `${operation} ${subject}`)),
  ];
}

/** Cancellations at Delbank, which would refuse a second one: more requests than operations that were sent, or one sent again. */
export function findResentRequests(
  operations: readonly SettledOperation[],
  received: readonly ReceivedRequest[],
): string[] {
  const posts = countBy(
    received.filter(({ method }) => method === "POST"),
    ({ path }) => path,
  );
  const sent = operations.filter(({ kind, attempts }) => kind === "CANCEL_PIX_AUTHORIZATION" && attempts > 0);
  const again = sent
    .filter(({ attempts }) => attempts > 1)
    .map(({ id, attempts }) => `${id} was sent ${attempts} times`);
  const tooMany = [...posts].flatMap(([path, count]) => {
    const known = sent.filter(({ target }) => target !== null && path.includes(target)).length;
    return count > known ? [`${path}: ${count} requests of ${known} operations`] : [];
  });
  return [...again, ...tooMany];
}

/** Operations of which the ledger says something else than what happened at the provider. */
export function findFalseResults(
  operations: readonly SettledOperation[],
  { avibra, delbank }: { readonly avibra: readonly Commit[]; readonly delbank: readonly Commit[] },
): string[] {
  const ofKey = countBy(avibra, ({ operation, idempotencyKey }) => `${operation} ${idempotencyKey ?? ""}`);
  const cancelled = countBy(delbank, ({ subject }) => subject);
  const cancellationsThat = (ended: string) =>
    countBy(
      operations.filter(({ kind, status }) => kind === "CANCEL_PIX_AUTHORIZATION" && status === ended),
      ({ target }) => target ?? "",
    );
  const cancellations = cancellationsThat("SUCCEEDED");
  const withPeople = cancellationsThat("NEEDS_ATTENTION"); // of which nothing is said
  const atAvibra = operations.flatMap(({ id, kind, status }) => {
    const name = COMMITTED_AS[kind];
    if (name === undefined || !["SUCCEEDED", "FAILED"].includes(status)) return [];
    const happened = ofKey.get(`${name} ${id}`) ?? 0;
    return happened === (status === "SUCCEEDED" ? 1 : 0) ? [] : [`${kind} ${id} ${status}: happened ${happened} times`];
  });
  const atDelbank = [...new Set([...cancelled.keys(), ...cancellations.keys()])].flatMap((target) => {
    const [happened, reported] = [cancelled.get(target) ?? 0, cancellations.get(target) ?? 0];
    const unreported = happened - reported;
    const isTrue = unreported >= 0 && unreported <= (withPeople.get(target) ?? 0);
    return isTrue ? [] : [`cancellation of ${target}: happened ${happened} times, told ${reported} times`];
  });
  return [...atAvibra, ...atDelbank];
}
