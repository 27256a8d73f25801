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

const report = (id: string, status: string, ...codes: string[]): ReportedOutcome => ({
  outcome: "operation",
  id,
  status,
  codes,
});
const rejectedWith = (...codes: string[]): ReportedOutcome => ({ outcome: "refused", codes });

let lastCall = 0;
/** A request and what its response reported. */
function requested(key: string, answer: ReportedOutcome, effect = PIX): EventDetails[] {
  const call = ++lastCall;
  return [
    { type: "invoke", call, process: 0, key, effect },
    { type: "answer", call, key, reported: answer },
  ];
}
/** A cancellation request and the status of Delbank's response; null if the response was lost. */
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
function history(details: readonly EventDetails[], rest: Partial<Omit<History, "events">> = {}): History {
  const events = details.map((detail, index): Event => ({ ...detail, round: 0, atMs: index }));
  return { events, operations: [], commits: [], inbox: [], replays: [], sentByReplays: 0, ...rest };
}

const ONE_SUCCESS = {
  operations: [stored("a", "SUCCEEDED")],
  commits: [CANCELLED],
  replays: [{ key: "a", reported: report("id-a", "SUCCEEDED") }],
};

describe("the checks of a history", () => {
  const valid: Readonly<Record<string, History>> = {
    "a cancellation that succeeded, and the same key again": history(
      [
        ...posted(1, 200),
        ...requested("a", report("id-a", "SUCCEEDED")),
        ...requested("a", report("id-a", "SUCCEEDED")),
      ].toSorted((one, other) => Number(other.type === "invoke") - Number(one.type === "invoke")),
      ONE_SUCCESS,
    ),
    "a second request after Delbank's own refusal of the first": history(
      [
        ...requested("a", report("id-a", "FAILED", "PROVIDER_REJECTED")),
        ...posted(1, 429),
        ...requested("b", report("id-b", "SUCCEEDED")),
        ...posted(2, 200),
      ],
      {
        operations: [stored("a", "FAILED", { failureCode: "PROVIDER_REJECTED" }), stored("b", "SUCCEEDED")],
        commits: [CANCELLED],
      },
    ),
    "an error with the operation's id, and the change made later": history(
      [...requested("a", { outcome: "mayBeAccepted", id: "id-a" }), ...posted(1, 200)],
      ONE_SUCCESS,
    ),
    "no response, and the change made later": history(
      [...requested("a", { outcome: "none" }), ...posted(1, 200)],
      ONE_SUCCESS,
    ),
    "a commit whose response was lost, and an operation that needs attention": history(
      [...requested("a", report("id-a", "UNCONFIRMED")), ...posted(1, null)],
      { operations: [stored("a", "NEEDS_ATTENTION")], commits: [CANCELLED] },
    ),
    "an operation in progress that was discarded, and the key used again": history(
      [
        ...requested("a", report("id-x", "PENDING", "OPERATION_IN_PROGRESS")),
        ...requested("a", report("id-a", "SUCCEEDED")),
        ...posted(1, 200),
      ],
      ONE_SUCCESS,
    ),
    "an operation that needs attention and was never sent, after a crash": history(
      [...requested("a", report("id-a", "UNCONFIRMED")), fault(true)],
      { operations: [stored("a", "NEEDS_ATTENTION")] },
    ),
    "an operation that needs attention and was never sent, after a crash in the later round that read it again": {
      ...history([], { operations: [stored("a", "NEEDS_ATTENTION")] }),
      events: [
        ...requested("a", report("id-a", "PENDING")).map((detail) => ({ ...detail, round: 4, atMs: 0 })),
        { type: "read", process: 1, subject: PIX.subject, mode: "pass", round: 6, atMs: 1 },
        { ...fault(true), round: 6, atMs: 2 },
      ],
    },
    "a member created, and an event that was acknowledged": history(
      [
        ...requested("u", report("id-u", "SUCCEEDED"), USER),
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
  test.each(Object.entries(valid))("find no problem: %s", (_name, one) => {
    expect(findProblems(one)).toEqual([]);
  });
});

const SECOND = requested("b", report("id-b", "FAILED", "ALREADY_CANCELLED"));
const SECOND_STORED = [stored("a", "SUCCEEDED"), stored("b", "FAILED", { failureCode: "ALREADY_CANCELLED" })];

/** Each breaks one promise, and only that one is found broken. */
const BAD: readonly [check: keyof typeof CHECKS, how: string, history: History][] = [
  [
    "no second cancellation request for an authorization",
    "a second request after the first succeeded",
    history([...requested("a", report("id-a", "SUCCEEDED")), ...posted(1, 200), ...SECOND, ...posted(2, 422)], {
      operations: SECOND_STORED,
      commits: [CANCELLED],
    }),
  ],
  [
    "no second cancellation request for an authorization",
    "a second request after the first was lost",
    history([...requested("a", report("id-a", "UNCONFIRMED")), ...posted(1, null), ...SECOND, ...posted(2, 422)], {
      operations: SECOND_STORED,
      commits: [CANCELLED],
    }),
  ],
  [
    "no second cancellation request for an authorization",
    "a second request before the first is refused",
    history(
      [
        ...requested("a", report("id-a", "FAILED")),
        ...requested("b", report("id-b", "SUCCEEDED")),
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
    history(
      [...requested("u", report("id-u", "UNCONFIRMED"), USER), ...requested("v", report("id-v", "UNCONFIRMED"), USER)],
      {
        operations: ["u", "v"].map((key) => stored(key, "NEEDS_ATTENTION", { effect: USER })),
        commits: ["id-u", "id-v"].map((id) => ({ ...USER, id })),
      },
    ),
  ],
  [
    "no answer that turns out false",
    "reported as failed, and it succeeded",
    history([...requested("a", report("id-a", "FAILED")), ...posted(1, 200)], ONE_SUCCESS),
  ],
  [
    "no answer that turns out false",
    "reported operation is not in the store",
    history(requested("a", report("id-a", "PENDING"))),
  ],
  [
    "no outcome other than the provider's",
    "failed, and committed",
    history([...requested("a", report("id-a", "FAILED")), ...posted(1, 200)], {
      operations: [stored("a", "FAILED")],
      commits: [CANCELLED],
    }),
  ],
  [
    "no outcome other than the provider's",
    "succeeded, and not committed",
    history([...requested("a", report("id-a", "SUCCEEDED")), ...posted(1, null)], {
      operations: [stored("a", "SUCCEEDED")],
    }),
  ],
  [
    "no outcome other than the provider's",
    "succeeded by another cancellation than the committed one",
    history([...requested("a", report("id-a", "SUCCEEDED")), ...posted(1, null)], {
      operations: [stored("a", "SUCCEEDED", { cancellationId: "IC-old" })],
      commits: [CANCELLED],
    }),
  ],
  [
    "no outcome other than the provider's",
    "already cancelled, and it is not",
    history(requested("a", report("id-a", "FAILED", "ALREADY_CANCELLED")), {
      operations: [stored("a", "FAILED", { failureCode: "ALREADY_CANCELLED", wasSent: false })],
    }),
  ],
  [
    "no effect that nobody was told of",
    "refused, and carried out",
    history([...requested("a", rejectedWith("UNAVAILABLE")), ...posted(1, 200)], ONE_SUCCESS),
  ],
  [
    "no effect that nobody was told of",
    "refused, carried out, and accepted only when requested again",
    history(
      [
        ...requested("a", rejectedWith("UNAVAILABLE")),
        ...posted(1, 200),
        ...requested("a", report("id-a", "SUCCEEDED")),
      ],
      ONE_SUCCESS,
    ),
  ],
  [
    "no effect that nobody was told of",
    "carried out, and the store lost it",
    history([...requested("a", { outcome: "none" }), ...posted(1, 200)], { commits: [CANCELLED] }),
  ],
  [
    "the same key returns the final outcome",
    "another status",
    history([...requested("a", report("id-a", "SUCCEEDED")), ...posted(1, 200)], {
      ...ONE_SUCCESS,
      replays: [{ key: "a", reported: report("id-a", "FAILED") }],
    }),
  ],
  [
    "the same key returns the final outcome",
    "sent again by the replay",
    history([...requested("a", report("id-a", "SUCCEEDED")), ...posted(1, 200)], { ...ONE_SUCCESS, sentByReplays: 1 }),
  ],
  [
    "no acknowledged webhook is lost",
    "acknowledged, and not in the inbox",
    history([{ type: "webhook", process: 0, user: "m1", isAcknowledged: true }]),
  ],
  [
    "no doubt about what never left",
    "never sent, and it needs attention",
    history([...requested("a", report("id-a", "UNCONFIRMED")), fault(false)], {
      operations: [stored("a", "NEEDS_ATTENTION")],
    }),
  ],
  [
    "no doubt about what never left",
    "never sent, reported as unconfirmed, and a crash comes later",
    {
      ...history([], { operations: [stored("a", "NEEDS_ATTENTION")] }),
      events: [
        ...requested("a", report("id-a", "UNCONFIRMED")).map((detail) => ({ ...detail, round: 0, atMs: 0 })),
        { type: "read", process: 1, subject: PIX.subject, mode: "pass", round: 1, atMs: 1 },
        { ...fault(true), round: 1, atMs: 2 },
      ],
    },
  ],
  [
    "every operation is settled or needs attention",
    "still unconfirmed at the end",
    history([...requested("a", report("id-a", "UNCONFIRMED")), ...posted(1, null)], {
      operations: [stored("a", "UNCONFIRMED")],
    }),
  ],
];

test.each(BAD)("the check '%s' finds a problem: %s", (check, _how, bad) => {
  const found = findProblems(bad);
  expect([...new Set(found.map((problem) => problem.check))]).toEqual([check]);
  expect(found.every(({ round }) => round === 0 || round === -1)).toBe(true);
});

test("two commits for one authorization are a second effect, and an outcome other than the provider's", () => {
  const twice = history([...requested("a", report("id-a", "SUCCEEDED")), ...posted(1, 200), ...posted(2, 200)], {
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
    [...requested("a", report("id-x", "PENDING")), ...requested("a", report("id-a", "PENDING")), ...posted(1, 200)],
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

test("every check has a history in which it finds a problem", () => {
  expect(Object.keys(CHECKS).filter((check) => !BAD.some(([broken]) => broken === check))).toEqual([]);
});
