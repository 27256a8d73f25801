import { type Event, type History, type Problem, type StoredOperation } from "./histories-events";
import { all, type EventOf, groupBy, roundOf, roundsOf } from "./histories-query";

type Found = Omit<Problem, "check">;

const isSettled = (status: string) => status === "SUCCEEDED" || status === "FAILED";

/** Only Delbank's own refusal of the first request makes a second one legitimate; nothing here lasts for 13 hours. */
function repeatedPosts(history: History): Found[] {
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

function repeatedEffects(history: History): Found[] {
  const twice = groupBy(history.commits, ({ provider, subject }) => `${provider} ${subject}`)
    .filter(([, commits]) => commits.length > 1)
    .map(([name, commits]) => ({
      round: roundOf(history, commits[0]?.subject ?? ""),
      text: `${name}: committed ${commits.length} times`,
    }));
  // One that is only in progress may still be taken back; its key is free again then.
  const isLasting = ({ told }: EventOf<"answer">) =>
    told.outcome === "operation" && !told.codes.includes("OPERATION_IN_PROGRESS");
  const renamed = groupBy(all(history, "answer").filter(isLasting), ({ key }) => key).flatMap(([key, answers]) => {
    const ids = new Set(answers.map(({ told }) => ("id" in told ? told.id : "")));
    return ids.size > 1
      ? [{ round: roundOf(history, key), text: `${key}: two operations, ${[...ids].join(" and ")}` }]
      : [];
  });
  return [...twice, ...renamed];
}

/** What a caller was told must be what the store says in the end. */
function falseAnswers(history: History): Found[] {
  const stored = new Map(history.operations.map((operation) => [operation.key, operation]));
  return all(history, "answer").flatMap(({ key, told }) => {
    const round = roundOf(history, key);
    if (told.outcome !== "operation" || told.codes.includes("OPERATION_IN_PROGRESS")) return [];
    const operation = stored.get(key);
    if (operation?.id !== told.id)
      return [{ round, text: `${key}: told of operation ${told.id}, which the store does not hold` }];
    if (!isSettled(told.status) || told.status === operation.status) return [];
    return [{ round, text: `${key}: told ${told.status}, the store says ${operation.status}` }];
  });
}

/** What the store says must be what the provider committed. */
function falseOutcomes(history: History): Found[] {
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
    const told = `${operations.map(({ key, status }) => `${key} ${status}`).join(", ")}; commits: ${commits.length}`;
    const already = operations.some(({ failureCode }) => failureCode === "ALREADY_CANCELLED") && commits.length === 0;
    return [
      ...unproven.map(({ key }) => ({ round, text: `${subject}: ${key} SUCCEEDED without that commit (${told})` })),
      ...(unaccounted > of("NEEDS_ATTENTION").length
        ? [{ round, text: `${subject}: a commit that no operation tells of (${told})` }]
        : []),
      ...(unaccounted < 0 ? [{ round, text: `${subject}: more successes than commits (${told})` }] : []),
      ...(already && !hasOldCancellation(history, subject)
        ? [{ round, text: `${subject}: already cancelled, yet it is not (${told})` }]
        : []),
    ];
  });
}

function hasOldCancellation(history: History, subject: string): boolean {
  return all(history, "read").some((read) => read.subject === subject && read.mode === "old");
}

/** Every change belongs to an operation that some caller knows of or may ask about, and that was so before it was sent. */
function untoldEffects(history: History): Found[] {
  const answers = new Map(all(history, "answer").map(({ call, told }) => [call, told]));
  const wasAccepted = ({ call }: EventOf<"invoke">) => answers.get(call)?.outcome !== "refused";
  const positionOf = (event: Event) => history.events.indexOf(event);
  const orphans = history.commits
    .filter(({ subject }) => !history.operations.some(({ effect, wasSent }) => effect.subject === subject && wasSent))
    .map(({ subject }) => ({
      round: roundOf(history, subject),
      text: `${subject}: changed, and no stored operation was sent`,
    }));
  const refused = history.operations.filter(hasEffect(history)).flatMap(({ key, effect }) => {
    const accepted = all(history, "invoke").filter((call) => call.key === key && wasAccepted(call));
    const round = roundOf(history, key);
    if (accepted.length === 0)
      return [{ round, text: `${key}: refused, and carried out on ${effect.subject} all the same` }];
    const sent = all(history, "received").find(({ subject }) => subject === effect.subject);
    const others = history.operations.filter((one) => one.effect.subject === effect.subject && one.wasSent).length > 1;
    const isEarly = sent && !others && accepted.every((call) => positionOf(call) > positionOf(sent));
    return isEarly ? [{ round, text: `${key}: refused, carried out, and accepted only afterwards` }] : [];
  });
  return [...orphans, ...refused];
}

function hasEffect(history: History): (operation: StoredOperation) => boolean {
  return ({ effect, wasSent, status }) =>
    wasSent && status !== "FAILED" && history.commits.some(({ subject }) => subject === effect.subject);
}

function unstableReplays(history: History): Found[] {
  const stored = new Map(history.operations.map((operation) => [operation.key, operation]));
  const changed = history.replays.flatMap(({ key, told }) => {
    const { id, status } = stored.get(key) ?? {};
    if (told.outcome === "operation" && told.id === id && told.status === status) return [];
    const answer = "status" in told ? `${told.id} ${told.status}` : told.outcome;
    return [{ round: roundOf(history, key), text: `${key}: asked again ${answer}, the store holds ${id} ${status}` }];
  });
  const sent =
    history.sentByReplays > 0
      ? [{ round: -1, text: `the replays caused ${history.sentByReplays} provider writes` }]
      : [];
  return [...changed, ...sent];
}

function lostEvents(history: History): Found[] {
  return all(history, "webhook")
    .filter(({ user, isAcknowledged }) => isAcknowledged && !history.inbox.includes(user))
    .map(({ round, user }) => ({ round, text: `the event of ${user} was acknowledged and is not in the inbox` }));
}

/** People are asked only where something may have been sent: here nothing had left, and no crash or stall hid that. */
function needlessDoubts(history: History): Found[] {
  return history.operations.flatMap(({ key, status, effect: { provider, subject } }) => {
    const round = roundOf(history, key);
    const isUnsent = provider === "delbank" && !all(history, "received").some((post) => post.subject === subject);
    if (status !== "NEEDS_ATTENTION" || !isUnsent) return [];
    // What its caller already heard to be in doubt is excused by its own round alone; else a later attempt may have been cut off.
    const wasDoubted = all(history, "answer").some(
      (one) => one.key === key && "status" in one.told && one.told.status !== "PENDING",
    );
    const rounds = wasDoubted ? [round] : roundsOf(history, subject);
    const isExcused = all(history, "fault").some((fault) => fault.isExcuse && rounds.includes(fault.round));
    return isExcused ? [] : [{ round, text: `${key}: needs attention, and no request of it ever left` }];
  });
}

function unsettled(history: History): Found[] {
  return history.operations
    .filter(({ status }) => ["PENDING", "UNCONFIRMED"].includes(status))
    .map(({ key, status }) => ({ round: roundOf(history, key), text: `${key}: still ${status}` }));
}

/** By its promise; pure functions over a history. */
export const CHECKS = {
  "no second cancellation request for an authorization": repeatedPosts,
  "no second effect of a key": repeatedEffects,
  "no answer that turns out false": falseAnswers,
  "no outcome other than the provider's": falseOutcomes,
  "no effect that nobody was told of": untoldEffects,
  "the same key returns the final outcome": unstableReplays,
  "no acknowledged webhook is lost": lostEvents,
  "no doubt about what never left": needlessDoubts,
  "every operation is settled or needs attention": unsettled,
} satisfies Record<string, (history: History) => Found[]>;

/** Every broken promise in a history. */
export function findProblems(history: History): Problem[] {
  return Object.entries(CHECKS).flatMap(([check, find]) => find(history).map((found) => ({ check, ...found })));
}
