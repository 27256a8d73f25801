import {
  isSettled,
  nextStatus,
  type OperationEvent,
  type OperationStatus,
  operationStatuses,
  statusesThatAccept,
} from "../../../src/platform/operations/operation-status.state";

const illegal = undefined;
const events: OperationEvent[] = ["sent", "succeeded", "failed", "responseLost", "parked"];

// prettier-ignore
const table: [OperationStatus, ...(OperationStatus | undefined)[]][] = [
  //                    sent           succeeded    failed    responseLost     parked
  ["PENDING",           "PENDING",     "SUCCEEDED", "FAILED", "UNCONFIRMED", "NEEDS_ATTENTION"],
  ["UNCONFIRMED",       "UNCONFIRMED", "SUCCEEDED", "FAILED", "UNCONFIRMED", "NEEDS_ATTENTION"],
  ["NEEDS_ATTENTION",   illegal,       "SUCCEEDED", "FAILED", illegal,       illegal],
  ["SUCCEEDED",         illegal,       illegal,     illegal,  illegal,       illegal],
  ["FAILED",            illegal,       illegal,     illegal,  illegal,       illegal],
];
const cases = table.flatMap(([status, ...next]) => events.map((event, index) => [status, event, next[index]] as const));

test.each(cases)("an operation that is %s becomes, by the event %s: %s", (status, event, expected) => {
  expect(nextStatus(status, event)).toBe(expected);
  expect(statusesThatAccept(event).includes(status)).toBe(expected !== illegal);
});

test("the statuses that accept no event are the settled ones", () => {
  expect([...operationStatuses].sort()).toEqual(table.map(([status]) => status).sort());
  for (const status of operationStatuses) {
    expect(isSettled(status)).toBe(events.every((event) => nextStatus(status, event) === illegal));
  }
});
