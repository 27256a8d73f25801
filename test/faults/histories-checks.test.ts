import { CHECKS, findProblems } from "../bench/histories-check";
import {
  type Commit,
  type Effect,
  type Event,
  type EventDetails,
  type History,
  type StoredOperation,
  type ReportedOutcome,
} from "../bench/histories-events";

const PIX: Effect = { provider: "delbank", subject: "RR1" };
const USER: Effect = { provider: "avibra", subject: "user-1" };
const CANCELLED: Commit = { ...PIX, id: "IC1" };

const told = (id: string, status: string, ...codes: string[]): ReportedOutcome => ({
  outcome: "operation",
  id,
  status,
  codes,
});
const refused = (...codes: string[]): ReportedOutcome => ({ outcome: "refused", codes });

let lastCall = 0;
/** A request and what was told of it. */
function asked(key: string, answer: ReportedOutcome, effect = PIX): EventDetails[] {
  const call = ++lastCall;
  return [
    { type: "invoke", call, process: 0, key, effect },
    { type: "answer", call, key, reported: answer },
  ];
}
/** A cancellation request and Delbank's answer to it; null: it was lost. */
function posted(post: number, status: number | null, subject = PIX.subject): EventDetails[] {
  return [
    { type: "received", process: 0, subject, post },
    { type: "answered", subject, post, status },
  ];
}
const fault = (isExcuse: boolean): EventDetails => ({ type: "fault", step: "any", isExcuse });
function stored(key: string, status: string, more: Partial<StoredOperation> = {}): StoredOperation {
  const cancellationId = status === "SUCCEEDED" ? CANCELLED.id : null;
  return { id: `id-${key}`, key, effect: PIX, status, failureCode: null, wasSent: true, cancellationId, ...more };
}
function history(happenings: readonly EventDetails[], rest: Partial<Omit<History, "events">> = {}): History {
  const events = happenings.map((happening, index): Event => ({ ...happening, round: 0, atMs: index }));
  return { events, operations: [], commits: [], inbox: [], replays: [], sentByReplays: 0, ...rest };
}

const ONE_SUCCESS = {
  operations: [stored("a", "SUCCEEDED")],
  commits: [CANCELLED],
  replays: [{ key: "a", reported: told("id-a", "SUCCEEDED") }],
};

describe("a history that keeps every promise has no problem", () => {
  const good: Readonly<Record<string, History>> = {
    "a cancellation that succeeded, and the same key again": history(
      [...posted(1, 200), ...asked("a", told("id-a", "SUCCEEDED")), ...asked("a", told("id-a", "SUCCEEDED"))].toSorted(
        (one, other) => Number(other.type === "invoke") - Number(one.type === "invoke"),
      ),
      ONE_SUCCESS,
    ),
    "a second request after Delbank's own refusal of the first": history(
      [
        ...asked("a", told("id-a", "FAILED", "PROVIDER_REJECTED")),
        ...posted(1, 429),
        ...asked("b", told("id-b", "SUCCEEDED")),
        ...posted(2, 200),
      ],
      {
        operations: [stored("a", "FAILED", { failureCode: "PROVIDER_REJECTED" }), stored("b", "SUCCEEDED")],
        commits: [CANCELLED],
      },
    ),
    "a lost answer that carries the operation's id, and the change made later": history(
      [...asked("a", { outcome: "mayBeAccepted", id: "id-a" }), ...posted(1, 200)],
      ONE_SUCCESS,
    ),
    "no answer at all, and the change made later": history(
      [...asked("a", { outcome: "none" }), ...posted(1, 200)],
      ONE_SUCCESS,
    ),
    "a commit whose answer was lost, with people": history(
      [...asked("a", told("id-a", "UNCONFIRMED")), ...posted(1, null)],
      { operations: [stored("a", "NEEDS_ATTENTION")], commits: [CANCELLED] },
    ),
    "an operation in progress that was taken back, and the key used again": history(
      [
        ...asked("a", told("id-x", "PENDING", "OPERATION_IN_PROGRESS")),
        ...asked("a", told("id-a", "SUCCEEDED")),
        ...posted(1, 200),
      ],
      ONE_SUCCESS,
    ),
    "a doubt about what never left, behind a crash": history(
      [...asked("a", told("id-a", "UNCONFIRMED")), fault(true)],
      { operations: [stored("a", "NEEDS_ATTENTION")] },
    ),
    "a doubt about what never left, behind a crash in the later round that looked at it again": {
      ...history([], { operations: [stored("a", "NEEDS_ATTENTION")] }),
      events: [
        ...asked("a", told("id-a", "PENDING")).map((happening) => ({ ...happening, round: 4, atMs: 0 })),
        { type: "read", process: 1, subject: PIX.subject, mode: "pass", round: 6, atMs: 1 },
        { ...fault(true), round: 6, atMs: 2 },
      ],
    },
    "a member created, and an event that was acknowledged": history(
      [
        ...asked("u", told("id-u", "SUCCEEDED"), USER),
        { type: "webhook", process: 0, user: "m1", isAcknowledged: true },
        { type: "webhook", process: 0, user: "m2", isAcknowledged: false },
      ],
      {
        operations: [stored("u", "SUCCEEDED", { effect: USER, cancellationId: null })],
        commits: [{ ...USER, id: "id-u" }],
        inbox: ["m1"],
      },
    ),
  };
  test.each(Object.entries(good))("%s", (_name, one) => {
    expect(findProblems(one)).toEqual([]);
  });
});

const SECOND = asked("b", told("id-b", "FAILED", "ALREADY_CANCELLED"));
const SECOND_STORED = [stored("a", "SUCCEEDED"), stored("b", "FAILED", { failureCode: "ALREADY_CANCELLED" })];

/** Each breaks one promise, and only that one is found broken. */
const BAD: readonly [check: keyof typeof CHECKS, how: string, history: History][] = [
  [
    "no second cancellation request for an authorization",
    "a second request after the first succeeded",
    history([...asked("a", told("id-a", "SUCCEEDED")), ...posted(1, 200), ...SECOND, ...posted(2, 422)], {
      operations: SECOND_STORED,
      commits: [CANCELLED],
    }),
  ],
  [
    "no second cancellation request for an authorization",
    "a second request after the first was lost",
    history([...asked("a", told("id-a", "UNCONFIRMED")), ...posted(1, null), ...SECOND, ...posted(2, 422)], {
      operations: SECOND_STORED,
      commits: [CANCELLED],
    }),
  ],
  [
    "no second cancellation request for an authorization",
    "a second request before the first is refused",
    history(
      [
        ...asked("a", told("id-a", "FAILED")),
        ...asked("b", told("id-b", "SUCCEEDED")),
        { type: "received", process: 0, subject: "RR1", post: 1 },
        ...posted(2, 200),
        { type: "answered", subject: "RR1", post: 1, status: 422 },
      ],
      { operations: [stored("a", "FAILED"), stored("b", "SUCCEEDED")], commits: [CANCELLED] },
    ),
  ],
  [
    "no second effect of a key",
    "a member created twice",
    history([...asked("u", told("id-u", "UNCONFIRMED"), USER), ...asked("v", told("id-v", "UNCONFIRMED"), USER)], {
      operations: ["u", "v"].map((key) => stored(key, "NEEDS_ATTENTION", { effect: USER })),
      commits: ["id-u", "id-v"].map((id) => ({ ...USER, id })),
    }),
  ],
  [
    "no answer that turns out false",
    "told that it failed, and it succeeded",
    history([...asked("a", told("id-a", "FAILED")), ...posted(1, 200)], ONE_SUCCESS),
  ],
  [
    "no answer that turns out false",
    "told of an operation that the store does not hold",
    history(asked("a", told("id-a", "PENDING"))),
  ],
  [
    "no outcome other than the provider's",
    "failed, and committed",
    history([...asked("a", told("id-a", "FAILED")), ...posted(1, 200)], {
      operations: [stored("a", "FAILED")],
      commits: [CANCELLED],
    }),
  ],
  [
    "no outcome other than the provider's",
    "succeeded, and not committed",
    history([...asked("a", told("id-a", "SUCCEEDED")), ...posted(1, null)], { operations: [stored("a", "SUCCEEDED")] }),
  ],
  [
    "no outcome other than the provider's",
    "succeeded by another cancellation than the committed one",
    history([...asked("a", told("id-a", "SUCCEEDED")), ...posted(1, null)], {
      operations: [stored("a", "SUCCEEDED", { cancellationId: "IC-old" })],
      commits: [CANCELLED],
    }),
  ],
  [
    "no outcome other than the provider's",
    "already cancelled, and it is not",
    history(asked("a", told("id-a", "FAILED", "ALREADY_CANCELLED")), {
      operations: [stored("a", "FAILED", { failureCode: "ALREADY_CANCELLED", wasSent: false })],
    }),
  ],
  [
    "no effect that nobody was told of",
    "refused, and carried out",
    history([...asked("a", refused("UNAVAILABLE")), ...posted(1, 200)], ONE_SUCCESS),
  ],
  [
    "no effect that nobody was told of",
    "refused, carried out, and accepted only when asked again",
    history(
      [...asked("a", refused("UNAVAILABLE")), ...posted(1, 200), ...asked("a", told("id-a", "SUCCEEDED"))],
      ONE_SUCCESS,
    ),
  ],
  [
    "no effect that nobody was told of",
    "carried out, and the store lost it",
    history([...asked("a", { outcome: "none" }), ...posted(1, 200)], { commits: [CANCELLED] }),
  ],
  [
    "the same key returns the final outcome",
    "another status",
    history([...asked("a", told("id-a", "SUCCEEDED")), ...posted(1, 200)], {
      ...ONE_SUCCESS,
      replays: [{ key: "a", reported: told("id-a", "FAILED") }],
    }),
  ],
  [
    "the same key returns the final outcome",
    "sent again by the replay",
    history([...asked("a", told("id-a", "SUCCEEDED")), ...posted(1, 200)], { ...ONE_SUCCESS, sentByReplays: 1 }),
  ],
  [
    "no acknowledged webhook is lost",
    "acknowledged, and gone",
    history([{ type: "webhook", process: 0, user: "m1", isAcknowledged: true }]),
  ],
  [
    "no doubt about what never left",
    "nothing left, and people are asked",
    history([...asked("a", told("id-a", "UNCONFIRMED")), fault(false)], {
      operations: [stored("a", "NEEDS_ATTENTION")],
    }),
  ],
  [
    "no doubt about what never left",
    "nothing left, the caller is told of a doubt, and a crash comes later",
    {
      ...history([], { operations: [stored("a", "NEEDS_ATTENTION")] }),
      events: [
        ...asked("a", told("id-a", "UNCONFIRMED")).map((happening) => ({ ...happening, round: 0, atMs: 0 })),
        { type: "read", process: 1, subject: PIX.subject, mode: "pass", round: 1, atMs: 1 },
        { ...fault(true), round: 1, atMs: 2 },
      ],
    },
  ],
  [
    "every operation is settled or needs attention",
    "still unconfirmed in the end",
    history([...asked("a", told("id-a", "UNCONFIRMED")), ...posted(1, null)], {
      operations: [stored("a", "UNCONFIRMED")],
    }),
  ],
];

test.each(BAD)("found broken: %s (%s)", (check, _how, bad) => {
  const found = findProblems(bad);
  expect([...new Set(found.map((problem) => problem.check))]).toEqual([check]);
  expect(found.every(({ round }) => round === 0 || round === -1)).toBe(true);
});

test("two commits for one authorization are a second effect, and an outcome other than the provider's", () => {
  const twice = history([...asked("a", told("id-a", "SUCCEEDED")), ...posted(1, 200), ...posted(2, 200)], {
    operations: [stored("a", "SUCCEEDED")],
    commits: [CANCELLED, { ...PIX, id: "IC2" }],
  });
  expect(findProblems(twice).map(({ check }) => check)).toEqual(
    expect.arrayContaining([
      "no second cancellation request for an authorization",
      "no second effect of a key",
      "no outcome other than the provider's",
    ]),
  );
});

test("two operations of one key are a second effect, and one of them is not in the store", () => {
  const renamed = history(
    [...asked("a", told("id-x", "PENDING")), ...asked("a", told("id-a", "PENDING")), ...posted(1, 200)],
    {
      operations: [stored("a", "SUCCEEDED")],
      commits: [CANCELLED],
    },
  );
  expect(findProblems(renamed).map(({ check }) => check)).toEqual([
    "no second effect of a key",
    "no answer that turns out false",
  ]);
});

test("every check is seen to fail by a history above", () => {
  expect(Object.keys(CHECKS).filter((check) => !BAD.some(([broken]) => broken === check))).toEqual([]);
});
