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
import { CANCELLATION_ID, PAYER_TAX_ID, RECURRENCE_ID } from "../kit/seeds/ids";
import { type Authorization } from "../../src/providers/delbank/delbank.wire";

const NOW = 1_790_000_000_000;
const HOUR = 3_600_000;
const OWN = CANCELLATION_ID;
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
  return { id: `operation-${(ids += 1)}`, status, attempts: 1, sentAt: NOW - ageMs, result, baseline: [OLD], ...more };
}

/** A row of the rule: the operation's status and age, what Delbank shows, and the expected decision. */
type Row = readonly [status: OperationStatus, ages: readonly Age[], shown: readonly Shown[], decision: string];
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
const CASES = RULE.flatMap(([status, ages, shown, decision]) =>
  ages.flatMap((age) => shown.map((what) => ({ status, age, what, decision }))),
);

describe("an earlier cancellation", () => {
  test("has one decision for every status, age and state at Delbank", () => {
    const combinations = new Set(CASES.map(({ status, age, what }) => `${status} ${age} ${what}`));
    expect(combinations.size).toBe(5 * ALL.length * EVERYTHING.length);
    expect(CASES).toHaveLength(combinations.size);
  });

  test.each(CASES)(
    "that is $status, sent $age ago, while Delbank shows $what: $decision",
    ({ status, age, what, decision }) => {
      const one = operation(status, AGES[age]);
      const result = evaluateEarlierCancellations([one], NOW, SHOWN[what]);
      expect(result).toEqual({
        kind: decision,
        ...(decision === "inProgress" && { blockedBy: one }),
        ...(decision === "clear" && { superseded: status === "SUCCEEDED" ? [one.id] : [] }),
      });
    },
  );

  test.each([
    ["is listed, although that id was known before", "alreadyCancelled", { result: { id: OLD } }, list(OLD)],
    ["has no id, and an id is listed that was not known before", "alreadyCancelled", { result: null }, list(OLD, NEW)],
    ["has no id, and all listed ids were known before", "clear", { result: null }, list(OLD)],
    ["has no id, and none is listed", "clear", { result: null }, []],
    [
      "was stored by an older release without its id, and one is listed",
      "alreadyCancelled",
      { result: null, baseline: undefined },
      list(OLD),
    ],
    ["was stored by an older release, and its id is not listed", "clear", { baseline: undefined }, list(OLD)],
    ["has a result that is no cancellation", "alreadyCancelled", { result: "text" }, list(NEW)],
    ["is listed with an id that differs only in case", "clear", {}, list(OWN.toLowerCase())],
    ["was sent at an unknown time", "alreadyCancelled", { sentAt: null }, []],
    ["was sent in the future, by the clock of another machine", "alreadyCancelled", { sentAt: NOW + HOUR }, []],
  ] as const)("that SUCCEEDED and %s: %s", (_which, decision, more, cancellations) => {
    const one = operation("SUCCEEDED", 14 * HOUR, more);
    expect(evaluateEarlierCancellations([one], NOW, { status: "ACTIVE", cancellations }).kind).toBe(decision);
  });

  test("that blocks a new one blocks it among others that do not", () => {
    const [refused, fresh] = [operation("SUCCEEDED", 20 * HOUR), operation("SUCCEEDED", HOUR, { result: { id: NEW } })];
    const [failed, lost] = [operation("FAILED", HOUR), operation("UNCONFIRMED", HOUR)];
    const later = operation("NEEDS_ATTENTION", 1);
    const evaluate = (...earlier: EarlierCancellation[]) =>
      evaluateEarlierCancellations(earlier, NOW, SHOWN["ACTIVE, none listed"]);
    expect(evaluate(refused, failed, fresh)).toEqual({ kind: "alreadyCancelled" });
    expect(evaluate(refused, failed, lost, later)).toEqual({ kind: "inProgress", blockedBy: lost });
    expect(evaluate(lost, fresh)).toEqual({ kind: "alreadyCancelled" }); // a certain decision has precedence
    expect(evaluate(refused, failed)).toEqual({ kind: "clear", superseded: [refused.id] });
    expect(evaluate()).toEqual({ kind: "clear", superseded: [] });
    expect(evaluateEarlierCancellations([refused, lost], NOW)).toEqual({ kind: "readProvider" });
  });
});

test("the window for the counterpart's response is 13 h: its 12 h and a margin of 1 h", () => {
  expect(RESPONSE_WINDOW_MS).toBe(13 * HOUR);
});

const intent: CancellationIntent = {
  recurrenceId: RECURRENCE_ID,
  requesterType: "NATURAL",
  requesterDocument: PAYER_TAX_ID,
  reason: "REQUESTED_BY_PAYER",
  payerTaxId: PAYER_TAX_ID,
};
const listed = (id: string, cancelledAt: string | null = null): Authorization["cancellations"][number] => ({
  id,
  recurrenceId: intent.recurrenceId,
  requesterType: "NATURAL",
  requesterDocument: PAYER_TAX_ID,
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
  payer: party("NATURAL", PAYER_TAX_ID),
  beneficiary: party("LEGAL", "12345678000195"),
  cancellations,
});
const ago = (ms: number) => new Date(NOW - ms).toISOString();

describe("a cancellation that Delbank lists, and that this subgraph did not send,", () => {
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
  ] as const)("while the authorization is %s, dated %s: %s", (status, cancelledAt, code) => {
    expect(findCancellationError(intent, authorization(status, [listed(OLD, cancelledAt)]), at)).toBe(code);
  });

  test.each([
    ["was listed before an operation of 13 h ago was sent", undefined, "UNCONFIRMED", 13 * HOUR, {}],
    ["is the result of an operation of 13 h ago", undefined, "SUCCEEDED", 13 * HOUR, { result: { id: OLD } }],
    [
      "was listed before an operation of less than 13 h ago was sent",
      "ALREADY_CANCELLED",
      "UNCONFIRMED",
      13 * HOUR - 1,
      {},
    ],
    ["was listed before an operation that was never sent", "ALREADY_CANCELLED", "PENDING", 0, { sentAt: null }],
    [
      "is neither in the result nor in the baseline of an operation",
      "ALREADY_CANCELLED",
      "SUCCEEDED",
      20 * HOUR,
      { baseline: [NEW] },
    ],
  ] as const)("without a date, while the authorization is ACTIVE, if it %s: %s", (_what, code, status, ageMs, more) => {
    const expiredIds = findExpiredIds([operation(status, ageMs, more)], NOW);
    expect(findCancellationError(intent, authorization("ACTIVE", [listed(OLD)]), { now: NOW, expiredIds })).toBe(code);
  });

  test("is ALREADY_CANCELLED if it is recent, even beside an old one", () => {
    const both = authorization("ACTIVE", [listed(OLD, "2024-09-17T10:10:06.101Z"), listed(NEW, ago(HOUR))]);
    expect(findCancellationError(intent, both, at)).toBe("ALREADY_CANCELLED");
  });
});

describe("the proof of a cancellation whose response was lost", () => {
  test.each([
    ["is an id that was not in the baseline", [OLD], "ACTIVE", [OLD, NEW], NEW],
    ["is an id, if the baseline is empty", [], "ACTIVE", [NEW], NEW],
    ["is not an id of the baseline", [OLD], "ACTIVE", [OLD], undefined],
    ["is not an id of the baseline, even if the authorization is CANCELLED", [OLD], "CANCELLED", [OLD], undefined],
    ["is not the status CANCELLED without a list, if the baseline has an id", [OLD], "CANCELLED", [], undefined],
    ["is the status CANCELLED without a list, if the baseline is empty", [], "CANCELLED", [], "unlisted"],
    ["is missing while the authorization is ACTIVE without a list", [], "ACTIVE", [], undefined],
    ["is an id that differs only in case from the baseline", [NEW], "ACTIVE", [NEW.toLowerCase()], NEW.toLowerCase()],
    [
      "is not an id with the status ACTIVE, if an older release stored no baseline",
      undefined,
      "ACTIVE",
      [NEW],
      undefined,
    ],
    [
      "is not an id with the status UNKNOWN, if an older release stored no baseline",
      undefined,
      "UNKNOWN",
      [NEW],
      undefined,
    ],
    ["is an id with the status CANCELLED, if an older release stored no baseline", undefined, "CANCELLED", [NEW], NEW],
    [
      "is the status CANCELLED without a list, if an older release stored no baseline",
      undefined,
      "CANCELLED",
      [],
      "unlisted",
    ],
  ] as const)("%s", (_what, known, status, listedIds, expected) => {
    const proof = findProof(
      known,
      authorization(
        status,
        listedIds.map((id) => listed(id)),
      ),
    );
    expect(proof?.kind === "cancellation" ? proof.cancellation.id : proof?.kind).toBe(expected);
  });
});

describe("an earlier operation without an outcome", () => {
  test.each([
    ["UNCONFIRMED", {}, "ACTIVE", [OLD, NEW], NEW],
    ["NEEDS_ATTENTION", {}, "ACTIVE", [OLD, NEW], NEW],
    ["NEEDS_ATTENTION", {}, "CANCELLED", [OLD, NEW], NEW],
    ["NEEDS_ATTENTION", { baseline: [] }, "CANCELLED", [], "unlisted"],
    ["NEEDS_ATTENTION", { baseline: undefined }, "CANCELLED", [OLD], OLD],
    ["NEEDS_ATTENTION", { baseline: undefined }, "ACTIVE", [NEW], undefined],
    ["NEEDS_ATTENTION", {}, "ACTIVE", [OLD], undefined],
    ["NEEDS_ATTENTION", {}, "CANCELLED", [], undefined],
    ["NEEDS_ATTENTION", { attempts: 0 }, "ACTIVE", [NEW], undefined],
    ["PENDING", {}, "ACTIVE", [NEW], undefined],
    ["FAILED", {}, "ACTIVE", [NEW], undefined],
    ["SUCCEEDED", {}, "ACTIVE", [NEW], undefined],
  ] as const)(
    "that is %s %j, while Delbank shows %s %j, is proven by %s",
    (status, more, shown, listedIds, expected) => {
      const one = operation(status, HOUR, more);
      const other = operation("FAILED", 2 * HOUR);
      const cancellations = listedIds.map((id) => listed(id));
      const proven = findProvenOperation([other, one], authorization(shown, cancellations));
      const proof = proven?.proof;
      expect(proof?.kind === "cancellation" ? proof.cancellation.id : proof?.kind).toBe(expected);
      expect(proven?.operation).toBe(expected === undefined ? undefined : one);
    },
  );
});

test("no event of Avibra proves a cancellation at Delbank", () => {
  expect(Object.values(CONFIRMS)).not.toContain(CANCEL_PIX_AUTHORIZATION);
  expect(Object.values(CONFIRMS).length).toBeGreaterThan(0);
});
