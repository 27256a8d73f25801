import { CONFIRMS } from "../../src/features/event/match-operation.state";
import { CANCEL_PIX_AUTHORIZATION } from "../../src/features/pix-authorization/cancel-pix-authorization";
import {
  RESPONSE_WINDOW_MS,
  type EarlierCancellation,
  evaluateEarlierCancellations,
  findExpiredIds,
  type AuthorizationSnapshot,
} from "../../src/features/pix-authorization/earlier-cancellations.state";
import {
  type CancellationIntent,
  findCancellationError,
} from "../../src/features/pix-authorization/cancellation-eligibility.state";
import { findProvenOperation, findProof } from "../../src/features/pix-authorization/cancellation-proof.state";
import { type OperationStatus } from "../../src/platform/operations/operation-status.state";
import { type Authorization } from "../../src/providers/delbank/delbank.wire";

const NOW = 1_790_000_000_000;
const HOUR = 3_600_000;
const OWN = "IC0435879820240605bcdb1fhn43a";
const OLD = "IC0435879820230101old00000001";
const NEW = "IC0435879820240606new00000001";

const AGES = {
  "a moment": 1,
  "12 h": 12 * HOUR,
  "13 h less 1 ms": 13 * HOUR - 1,
  "13 h": 13 * HOUR,
  "a year": 8_760 * HOUR,
};
type Age = keyof typeof AGES;
const YOUNG: readonly Age[] = ["a moment", "12 h", "13 h less 1 ms"];
const AGED: readonly Age[] = ["13 h", "a year"];
const ALL = [...YOUNG, ...AGED];

const list = (...ids: string[]) => ids.map((id) => ({ id }));
const SHOWN = {
  "nothing yet": undefined,
  "ACTIVE, none listed": { status: "ACTIVE", cancellations: [] },
  "ACTIVE, an older one listed": { status: "ACTIVE", cancellations: list(OLD) },
  "ACTIVE, its own listed": { status: "ACTIVE", cancellations: list(OLD, OWN) },
  CANCELLED: { status: "CANCELLED", cancellations: [] },
  PENDING: { status: "PENDING", cancellations: [] },
  EXPIRED: { status: "EXPIRED", cancellations: [] },
  REJECTED: { status: "REJECTED", cancellations: [] },
  UNKNOWN: { status: "UNKNOWN", cancellations: [] },
} satisfies Record<string, AuthorizationSnapshot | undefined>;
type Shown = keyof typeof SHOWN;
const EVERYTHING = Object.keys(SHOWN) as Shown[];

let ids = 0;
function operation(
  status: OperationStatus,
  ageMs: number,
  more: Partial<EarlierCancellation> = {},
): EarlierCancellation {
  const result = status === "SUCCEEDED" ? { id: OWN } : null;
  return { id: `operation-${(ids += 1)}`, status, sentAt: NOW - ageMs, result, baseline: [OLD], ...more };
}

/** One row of the rule: whatever the operation's status, age, and what Delbank shows, which answer. */
type Row = readonly [status: OperationStatus, ages: readonly Age[], shown: readonly Shown[], answer: string];
const RULE: readonly Row[] = [
  ["SUCCEEDED", YOUNG, EVERYTHING, "alreadyCancelled"],
  ["SUCCEEDED", AGED, ["nothing yet"], "readProvider"],
  ["SUCCEEDED", AGED, ["ACTIVE, none listed", "ACTIVE, an older one listed"], "clear"],
  ["SUCCEEDED", AGED, ["ACTIVE, its own listed", "CANCELLED"], "alreadyCancelled"],
  ["SUCCEEDED", AGED, ["PENDING", "EXPIRED", "REJECTED", "UNKNOWN"], "alreadyCancelled"],
  ["PENDING", ALL, EVERYTHING, "inProgress"],
  ["UNCONFIRMED", ALL, EVERYTHING, "inProgress"],
  ["NEEDS_ATTENTION", ALL, EVERYTHING, "inProgress"],
  ["FAILED", ALL, EVERYTHING, "clear"],
];
const CASES = RULE.flatMap(([status, ages, shown, answer]) =>
  ages.flatMap((age) => shown.map((what) => ({ status, age, what, answer }))),
);

describe("an earlier cancellation", () => {
  test("has one answer for every status, age and sight", () => {
    const combinations = new Set(CASES.map(({ status, age, what }) => `${status} ${age} ${what}`));
    expect(combinations.size).toBe(5 * ALL.length * EVERYTHING.length);
    expect(CASES).toHaveLength(combinations.size);
  });

  test.each(CASES)(
    "that is $status, sent $age ago, while Delbank shows $what: $answer",
    ({ status, age, what, answer }) => {
      const one = operation(status, AGES[age]);
      const judgement = evaluateEarlierCancellations([one], NOW, SHOWN[what]);
      expect(judgement).toEqual({
        kind: answer,
        ...(answer === "inProgress" && { blockedBy: one }),
        ...(answer === "clear" && { superseded: status === "SUCCEEDED" ? [one.id] : [] }),
      });
    },
  );

  test.each([
    [
      "listed, though it was known before, if its own id is that one",
      { result: { id: OLD } },
      list(OLD),
      "alreadyCancelled",
    ],
    [
      "whose own id is not known, if one is listed that was not known before",
      { result: null },
      list(OLD, NEW),
      "alreadyCancelled",
    ],
    ["whose own id is not known, if all that is listed was known before", { result: null }, list(OLD), "clear"],
    ["whose own id is not known, if none is listed", { result: null }, [], "clear"],
    [
      "of an older release, its id not known, if any is listed",
      { result: null, baseline: undefined },
      list(OLD),
      "alreadyCancelled",
    ],
    ["of an older release, if its own is not listed", { baseline: undefined }, list(OLD), "clear"],
    ["whose result is no cancellation", { result: "text" }, list(NEW), "alreadyCancelled"],
    ["listed under an id that differs in case alone", {}, list(OWN.toLowerCase()), "clear"],
    ["sent at a moment that is not known", { sentAt: null }, [], "alreadyCancelled"],
    ["sent in the future, by another machine's clock", { sentAt: NOW + HOUR }, [], "alreadyCancelled"],
  ] as const)("that SUCCEEDED, %s", (_which, more, cancellations, answer) => {
    const one = operation("SUCCEEDED", 14 * HOUR, more);
    expect(evaluateEarlierCancellations([one], NOW, { status: "ACTIVE", cancellations }).kind).toBe(answer);
  });

  test("stands in the way beside others that do not", () => {
    const [refused, fresh] = [operation("SUCCEEDED", 20 * HOUR), operation("SUCCEEDED", HOUR, { result: { id: NEW } })];
    const [failed, lost] = [operation("FAILED", HOUR), operation("UNCONFIRMED", HOUR)];
    const later = operation("NEEDS_ATTENTION", 1);
    const judge = (...earlier: EarlierCancellation[]) =>
      evaluateEarlierCancellations(earlier, NOW, SHOWN["ACTIVE, none listed"]);
    expect(judge(refused, failed, fresh)).toEqual({ kind: "alreadyCancelled" });
    expect(judge(refused, failed, lost, later)).toEqual({ kind: "inProgress", blockedBy: lost });
    expect(judge(lost, fresh)).toEqual({ kind: "alreadyCancelled" }); // what is certain is said first
    expect(judge(refused, failed)).toEqual({ kind: "clear", superseded: [refused.id] });
    expect(judge()).toEqual({ kind: "clear", superseded: [] });
    expect(evaluateEarlierCancellations([refused, lost], NOW)).toEqual({ kind: "readProvider" });
  });
});

test("the counterpart has 12 h to answer, and an hour more is waited", () => {
  expect(RESPONSE_WINDOW_MS).toBe(13 * HOUR);
});

const PAYER = "04623217035";
const intent: CancellationIntent = {
  recurrenceId: "RR0435879820240605njua7shf40o",
  requesterType: "NATURAL",
  requesterDocument: PAYER,
  reason: "REQUESTED_BY_PAYER",
  payerTaxId: PAYER,
};
const listed = (id: string, cancelledAt: string | null = null): Authorization["cancellations"][number] => ({
  id,
  recurrenceId: intent.recurrenceId,
  requesterType: "NATURAL",
  requesterDocument: PAYER,
  reason: "REQUESTED_BY_PAYER",
  reasonCode: "SLDB",
  cancelledAt,
  providerStatus: "0",
});
const party = (personType: "NATURAL" | "LEGAL", document: string): Authorization["payer"] => ({
  personType,
  document,
  taxId: document,
  possibleTaxIds: [document],
  name: null,
});

const authorization = (
  status: Authorization["status"],
  cancellations: Authorization["cancellations"] = [],
): Authorization => ({
  recurrenceId: intent.recurrenceId,
  status,
  providerStatus: status,
  amount: null,
  payer: party("NATURAL", PAYER),
  beneficiary: party("LEGAL", "12345678000195"),
  cancellations,
});
const ago = (ms: number) => new Date(NOW - ms).toISOString();

describe("a cancellation that Delbank lists, and that is none of ours,", () => {
  const at = { now: NOW, expiredIds: [] };

  test.each([
    ["ACTIVE", ago(13 * HOUR), undefined],
    ["ACTIVE", "2024-09-17T10:10:06.101Z", undefined],
    ["ACTIVE", null, "ALREADY_CANCELLED"],
    ["ACTIVE", "last week", "ALREADY_CANCELLED"],
    ["ACTIVE", ago(13 * HOUR - 1), "ALREADY_CANCELLED"],
    ["ACTIVE", ago(-HOUR), "ALREADY_CANCELLED"],
    ["CANCELLED", "2024-09-17T10:10:06.101Z", "ALREADY_CANCELLED"],
    ["UNKNOWN", "2024-09-17T10:10:06.101Z", "ALREADY_CANCELLED"],
    ["PENDING", "2024-09-17T10:10:06.101Z", "ALREADY_CANCELLED"],
    ["EXPIRED", "2024-09-17T10:10:06.101Z", "ALREADY_CANCELLED"],
    ["REJECTED", "2024-09-17T10:10:06.101Z", "ALREADY_CANCELLED"],
  ] as const)("while it reads %s, of %s: %s", (status, cancelledAt, code) => {
    expect(findCancellationError(intent, authorization(status, [listed(OLD, cancelledAt)]), at)).toBe(code);
  });

  test.each([
    ["was listed before an operation of 13 h ago", "UNCONFIRMED", 13 * HOUR, {}, undefined],
    ["is the one that an operation of 13 h ago brought", "SUCCEEDED", 13 * HOUR, { result: { id: OLD } }, undefined],
    ["was listed before an operation of less than 13 h ago", "UNCONFIRMED", 13 * HOUR - 1, {}, "ALREADY_CANCELLED"],
    ["was listed before an operation that was never sent", "PENDING", 0, { sentAt: null }, "ALREADY_CANCELLED"],
    ["is not known to our own", "SUCCEEDED", 20 * HOUR, { baseline: [NEW] }, "ALREADY_CANCELLED"],
  ] as const)("without a date, while it reads ACTIVE, if it %s", (_what, status, ageMs, more, code) => {
    const expiredIds = findExpiredIds([operation(status, ageMs, more)], NOW);
    expect(findCancellationError(intent, authorization("ACTIVE", [listed(OLD)]), { now: NOW, expiredIds })).toBe(code);
  });

  test("beside an old one counts as if it were alone", () => {
    const both = authorization("ACTIVE", [listed(OLD, "2024-09-17T10:10:06.101Z"), listed(NEW, ago(HOUR))]);
    expect(findCancellationError(intent, both, at)).toBe("ALREADY_CANCELLED");
  });
});

describe("what proves a cancellation whose answer was lost", () => {
  test.each([
    ["an id that was not known", [OLD], "ACTIVE", [OLD, NEW], NEW],
    ["an id, where none was known", [], "ACTIVE", [NEW], NEW],
    ["no id that was known", [OLD], "ACTIVE", [OLD], undefined],
    ["nor that id once it has taken effect", [OLD], "CANCELLED", [OLD], undefined],
    ["nor a status without a list, where one was known", [OLD], "CANCELLED", [], undefined],
    ["a status without a list, where none was known", [], "CANCELLED", [], "unlisted"],
    ["nothing, while it is ACTIVE without a list", [], "ACTIVE", [], undefined],
    ["an id that differs in case alone", [NEW], "ACTIVE", [NEW.toLowerCase()], NEW.toLowerCase()],
    ["of an older release: no id alone", undefined, "ACTIVE", [NEW], undefined],
    ["of an older release: no id beside an unknown status", undefined, "UNKNOWN", [NEW], undefined],
    ["of an older release: an id together with the status", undefined, "CANCELLED", [NEW], NEW],
    ["of an older release: the status without a list", undefined, "CANCELLED", [], "unlisted"],
  ] as const)("is %s", (_what, known, status, ids_, expected) => {
    const proof = findProof(
      known,
      authorization(
        status,
        ids_.map((id) => listed(id)),
      ),
    );
    expect(proof?.kind === "cancellation" ? proof.cancellation.id : proof?.kind).toBe(expected);
  });
});

describe("an earlier operation whose outcome was not known", () => {
  test.each([
    ["UNCONFIRMED", {}, "ACTIVE", [OLD, NEW], NEW],
    ["NEEDS_ATTENTION", {}, "ACTIVE", [OLD, NEW], NEW],
    ["NEEDS_ATTENTION", {}, "CANCELLED", [OLD, NEW], NEW],
    ["NEEDS_ATTENTION", { baseline: [] }, "CANCELLED", [], "unlisted"],
    ["NEEDS_ATTENTION", { baseline: undefined }, "CANCELLED", [OLD], OLD],
    ["NEEDS_ATTENTION", { baseline: undefined }, "ACTIVE", [NEW], undefined],
    ["NEEDS_ATTENTION", {}, "ACTIVE", [OLD], undefined],
    ["NEEDS_ATTENTION", {}, "CANCELLED", [], undefined],
    ["NEEDS_ATTENTION", { sentAt: null }, "ACTIVE", [NEW], undefined],
    ["PENDING", {}, "ACTIVE", [NEW], undefined],
    ["FAILED", {}, "ACTIVE", [NEW], undefined],
    ["SUCCEEDED", {}, "ACTIVE", [NEW], undefined],
  ] as const)("%s %j, while Delbank shows %s %j: proven by %s", (status, more, shown, ids_, expected) => {
    const one = operation(status, HOUR, more);
    const other = operation("FAILED", 2 * HOUR);
    const cancellations = ids_.map((id) => listed(id));
    const proven = findProvenOperation([other, one], authorization(shown, cancellations));
    const proof = proven?.proof;
    expect(proof?.kind === "cancellation" ? proof.cancellation.id : proof?.kind).toBe(expected);
    expect(proven?.operation).toBe(expected === undefined ? undefined : one);
  });
});

test("no event of Avibra proves a cancellation at Delbank", () => {
  expect(Object.values(CONFIRMS)).not.toContain(CANCEL_PIX_AUTHORIZATION);
  expect(Object.values(CONFIRMS).length).toBeGreaterThan(0);
});
