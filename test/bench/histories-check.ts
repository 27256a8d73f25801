import { type Event, type History, type Problem, type StoredOperation } from "./histories-events";
import { all, type EventOf, groupBy, roundOf, roundsOf } from "./histories-query";

type Violation = Omit<Problem, "check">;

const isSettled = (status: string) => status === "SUCCEEDED" || status === "FAILED";

/** Only Delbank's own refusal of the first request makes a second one legitimate; nothing here lasts for 13 hours. */
function findRepeatedPosts(history: History): Violation[] {
  const indexOf = new Map(history.events.map((event, index) => [event, index]));
  return groupBy(all(history, "received"), ({ subject }) => subject).flatMap(([subject, posts]) =>
    posts.slice(1).flatMap((post, index) => {
      const earlier = posts.slice(0, index + 1);
      const wasRefused = ({ post: number }: EventOf<"received">) =>
        all(history, "answered").some(
          (answer) =>
            answer.post === number &&
            (indexOf.get(answer) ?? Infinity) < (indexOf.get(post) ?? 0) &&
            [400, 401, 403, 404, 422, 429].includes(answer.status ?? 0),
        );
      const pending = earlier.find((one) => !wasRefused(one));
      if (!pending) return [];
      const text = `${subject}: cancellation request ${post.post} although Delbank had not refused request ${pending.post}`;
      return [{ round: roundOf(history, subject), text }];
    }),
  );
}

function findRepeatedEffects(history: History): Violation[] {
  const twice = groupBy(history.commits, ({ provider, subject }) => `${provider} ${subject}`)
    .filter(([, commits]) => commits.length > 1)
    .map(([name, commits]) => ({
      round: roundOf(history, commits[0]?.subject ?? ""),
      text: `${name}: committed ${commits.length} times`,
    }));
  // One that is only in progress may still be taken back; its key is free again then.
  const isLasting = ({ reported }: EventOf<"answer">) =>
    reported.outcome === "operation" && !reported.codes.includes("OPERATION_IN_PROGRESS");
  const renamed = groupBy(all(history, "answer").filter(isLasting), ({ key }) => key).flatMap(([key, reports]) => {
    const ids = new Set(reports.map(({ reported }) => ("id" in reported ? reported.id : "")));
    return ids.size > 1
      ? [{ round: roundOf(history, key), text: `${key}: two operations, ${[...ids].join(" and ")}` }]
      : [];
  });
  return [...twice, ...renamed];
}

/** What a caller was told must be what the store says in the end. */
function findFalseResponses(history: History): Violation[] {
  const stored = new Map(history.operations.map((operation) => [operation.key, operation]));
  return all(history, "answer").flatMap(({ key, reported }) => {
    const round = roundOf(history, key);
    if (reported.outcome !== "operation" || reported.codes.includes("OPERATION_IN_PROGRESS")) return [];
    const operation = stored.get(key);
    if (operation?.id !== reported.id)
      return [{ round, text: `${key}: told of operation ${reported.id}, which the store does not hold` }];
    if (!isSettled(reported.status) || reported.status === operation.status) return [];
    return [{ round, text: `${key}: told ${reported.status}, the store says ${operation.status}` }];
  });
}

/** What the store says must be what the provider committed. */
function findFalseOutcomes(history: History): Violation[] {
  return groupBy(history.operations, ({ effect }) => effect.subject).flatMap(([subject, operations]) => {
    const round = roundOf(history, subject);
    const commits = history.commits.filter((commit) => commit.subject === subject);
    const of = (status: string) => operations.filter((operation) => operation.status === status);
    const succeeded = of("SUCCEEDED");
    const unproven = succeeded.filter(({ effect, id, cancellationId }) => {
      const evidence = effect.provider === "avibra" ? id : cancellationId;
      return evidence === null ? commits.length === 0 : !commits.some((commit) => commit.id === evidence);
    });
    const unaccounted = commits.length - succeeded.length;
    const reported = `${operations.map(({ key, status }) => `${key} ${status}`).join(", ")}; commits: ${commits.length}`;
    const already = operations.some(({ failureCode }) => failureCode === "ALREADY_CANCELLED") && commits.length === 0;
    return [
      ...unproven.map(({ key }) => ({ round, text: `${subject}: ${key} SUCCEEDED without that commit (${reported})` })),
      ...(unaccounted > of("NEEDS_ATTENTION").length
        ? [{ round, text: `${subject}: a commit that no operation tells of (${reported})` }]
        : []),
      ...(unaccounted < 0 ? [{ round, text: `${subject}: more successes than commits (${reported})` }] : []),
      ...(already && !hasOldCancellation(history, subject)
        ? [{ round, text: `${subject}: already cancelled, yet it is not (${reported})` }]
        : []),
    ];
  });
}

function hasOldCancellation(history: History, subject: string): boolean {
  return all(history, "read").some((read) => read.subject === subject && read.mode === "old");
}

/** Every change belongs to an operation that some caller knows of or may ask about, and that was so before it was sent. */
function findUnreportedEffects(history: History): Violation[] {
  const reports = new Map(all(history, "answer").map(({ call, reported }) => [call, reported]));
  const wasAccepted = ({ call }: EventOf<"invoke">) => reports.get(call)?.outcome !== "refused";
  const positionOf = (event: Event) => history.events.indexOf(event);
  const orphans = history.commits
    .filter(({ subject }) => !history.operations.some(({ effect, wasSent }) => effect.subject === subject && wasSent))
    .map(({ subject }) => ({
      round: roundOf(history, subject),
      text: `${subject}: changed, and no stored operation was sent`,
    }));
  const rejected = history.operations.filter(hasEffect(history)).flatMap(({ key, effect }) => {
    const accepted = all(history, "invoke").filter((call) => call.key === key && wasAccepted(call));
    const round = roundOf(history, key);
    if (accepted.length === 0)
      return [{ round, text: `${key}: refused, and carried out on ${effect.subject} all the same` }];
    const sent = all(history, "received").find(({ subject }) => subject === effect.subject);
    const others = history.operations.filter((one) => one.effect.subject === effect.subject && one.wasSent).length > 1;
    const isEarly = sent && !others && accepted.every((call) => positionOf(call) > positionOf(sent));
    return isEarly ? [{ round, text: `${key}: refused, carried out, and accepted only afterwards` }] : [];
  });
  return [...orphans, ...rejected];
}

function hasEffect(history: History): (operation: StoredOperation) => boolean {
  return ({ effect, wasSent, status }) =>
    wasSent && status !== "FAILED" && history.commits.some(({ subject }) => subject === effect.subject);
}

function findUnstableReplays(history: History): Violation[] {
  const stored = new Map(history.operations.map((operation) => [operation.key, operation]));
  const changed = history.replays.flatMap(({ key, reported }) => {
    const { id, status } = stored.get(key) ?? {};
    if (reported.outcome === "operation" && reported.id === id && reported.status === status) return [];
    const answer = "status" in reported ? `${reported.id} ${reported.status}` : reported.outcome;
    return [{ round: roundOf(history, key), text: `${key}: asked again ${answer}, the store holds ${id} ${status}` }];
  });
  const sent =
    history.sentByReplays > 0
      ? [{ round: -1, text: `the replays caused ${history.sentByReplays} provider writes` }]
      : [];
  return [...changed, ...sent];
}

function findLostEvents(history: History): Violation[] {
  return all(history, "webhook")
    .filter(({ user, isAcknowledged }) => isAcknowledged && !history.inbox.includes(user))
    .map(({ round, user }) => ({ round, text: `the event of ${user} was acknowledged and is not in the inbox` }));
}

/** People are asked only where something may have been sent: here nothing had left, and no crash or stall hid that. */
function findUnneededUnconfirmed(history: History): Violation[] {
  return history.operations.flatMap(({ key, status, effect: { provider, subject } }) => {
    const round = roundOf(history, key);
    const isUnsent = provider === "delbank" && !all(history, "received").some((post) => post.subject === subject);
    if (status !== "NEEDS_ATTENTION" || !isUnsent) return [];
    // What its caller already heard to be in doubt is excused by its own round alone; else a later attempt may have been cut off.
    const wasDoubted = all(history, "answer").some(
      (one) => one.key === key && "status" in one.reported && one.reported.status !== "PENDING",
    );
    const rounds = wasDoubted ? [round] : roundsOf(history, subject);
    const isExcused = all(history, "fault").some((fault) => fault.isExcuse && rounds.includes(fault.round));
    return isExcused ? [] : [{ round, text: `${key}: needs attention, and no request of it ever left` }];
  });
}

function findUnsettled(history: History): Violation[] {
  return history.operations
    .filter(({ status }) => ["PENDING", "UNCONFIRMED"].includes(status))
    .map(({ key, status }) => ({ round: roundOf(history, key), text: `${key}: still ${status}` }));
}

/** By its promise; pure functions over a history. */
export const CHECKS = {
  "no second cancellation request for an authorization": findRepeatedPosts,
  "no second effect of a key": findRepeatedEffects,
  "no answer that turns out false": findFalseResponses,
  "no outcome other than the provider's": findFalseOutcomes,
  "no effect that nobody was told of": findUnreportedEffects,
  "the same key returns the final outcome": findUnstableReplays,
  "no acknowledged webhook is lost": findLostEvents,
  "no doubt about what never left": findUnneededUnconfirmed,
  "every operation is settled or needs attention": findUnsettled,
} satisfies Record<string, (history: History) => Violation[]>;

/** Every broken promise in a history. */
export function findProblems(history: History): Problem[] {
  return Object.entries(CHECKS).flatMap(([check, find]) =>
    find(history).map((violations) => ({ check, ...violations })),
  );
}
