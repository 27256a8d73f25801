import { listMemberEvents, type MemberEvents } from "../../src/cli/operations/member-events";
import { STEPS, type StorySources, tellStory } from "../../src/cli/operations/story";
import { type Message, type MessageQuery } from "../../src/platform/inbox/message";
import { type Operation } from "../../src/platform/operations/operation";
import { type HistoryEntry } from "../../src/platform/operations/operation-history";
import { readText } from "../kit/pages";

const NO_EVENTS: MemberEvents = { events: [], hasOlder: false };

const toOperation = (fields: object) =>
  ({
    ...{ principal: "caller", kind: "CREATE_USER", userId: "u-1", requestId: null, attempts: 1, createdAt: 1000 },
    ...{ status: "SUCCEEDED", sentAt: 2000, settledAt: 3000, unconfirmedSince: null, failure: null },
    ...fields,
  }) as Operation;

const entry = (fields: Partial<HistoryEntry>): HistoryEntry => ({
  ...{ at: 1500, step: "attempt", attempt: null, outcome: "unavailable", httpStatus: 503 },
  ...fields,
});

const tell = (sources: Partial<StorySources>) =>
  tellStory({
    ...{ operation: toOperation({}), history: [], memberEvents: NO_EVENTS, decisions: [], isExecuted: false },
    ...sources,
  });

const UNSETTLED = { status: "PENDING", settledAt: null };

describe("an attempt without an entry in the history", () => {
  const prepare = entry({ step: "prepare" });
  const noProof = { outcome: "noProof", httpStatus: null } as const;
  test.each<[string, Partial<StorySources>, string]>([
    ["that was not delayed", {}, "attempt 1: succeeded"],
    ["that an outage of the provider delayed", { history: [prepare] }, "attempt 1: succeeded"],
    ["whose outcome the reconciler read", { history: [entry({ step: "read", ...noProof })] }, "attempt 1: no outcome was recorded"],
    ["whose outcome a command read", { history: [entry({ step: "operatorRead", ...noProof })] }, "attempt 1: no outcome was recorded"],
    ["whose outcome was unconfirmed", { operation: toOperation({ unconfirmedSince: 2500 }) }, "attempt 1: no outcome was recorded"],
    ["that was repeated", { operation: toOperation({ attempts: 2 }), history: [entry({ attempt: 2, outcome: "succeeded" })] }, "attempt 1: no outcome was recorded"],
    ["in flight", { operation: toOperation(UNSETTLED), isExecuted: true }, "attempt 1: no outcome is recorded yet"],
    ["in flight after an outage", { operation: toOperation(UNSETTLED), history: [prepare], isExecuted: true }, "attempt 1: no outcome is recorded yet"],
    ["whose process has ended", { operation: toOperation(UNSETTLED) }, "attempt 1: no outcome was recorded"],
    ["of a process that has ended, while the next attempt is in flight", { operation: toOperation({ ...UNSETTLED, attempts: 2 }), isExecuted: true }, "attempt 1: no outcome was recorded"],
  ])("%s is described by what is known", (_what, sources, text) => {
    expect(tell(sources).find(({ text: told }) => told.startsWith("attempt 1"))?.text).toBe(text);
  }); // prettier-ignore
});

describe("the events about a member", () => {
  /** An inbox with one event per ms up to 20 000, the latest first. */
  const inboxSince = (oldest: number) => {
    const list = ({ first, after }: MessageQuery) => {
      const next = after === undefined ? 20_000 : Number(after) - 1;
      const times = Array.from({ length: Math.min(first, next - oldest + 1) }, (_, index) => next - index);
      const items = times.map((at) => {
        const message: Message = {
          ...{ id: `${at}`, kind: at === 19_000 ? "enrollment_successful" : "other", subject: "u-1", attempts: 1 },
          ...{ occurredAt: at, receivedAt: at, processedAt: at },
        };
        return { message, cursor: `${at}` };
      });
      return Promise.resolve({ items, hasNextPage: next - first >= oldest });
    };
    return { list };
  };

  test("are read back to the request, however many were received later", async () => {
    const { events, hasOlder } = await listMemberEvents(inboxSince(1), toOperation({ createdAt: 16_001 }));
    expect([events.length, events[0]?.receivedAt, events.at(-1)?.receivedAt, hasOlder]).toEqual([
      4000,
      16_001,
      20_000,
      false,
    ]);
    const { events: all, hasOlder: isMore } = await listMemberEvents(inboxSince(15_001), toOperation({ createdAt: 1 }));
    expect([all.length, isMore]).toEqual([5000, false]);
    expect(await listMemberEvents(inboxSince(1), toOperation({ userId: null }))).toEqual(NO_EVENTS);
  });

  test("mark the one that can prove the operation", async () => {
    const proving = async (kind: string) => {
      const { events } = await listMemberEvents(inboxSince(18_000), toOperation({ kind, createdAt: 18_000 }));
      return events.filter(({ canProve }) => canProve).map(({ receivedAt }) => receivedAt);
    };
    expect([await proving("CREATE_USER"), await proving("CANCEL_USER")]).toEqual([[19_000], []]);
  });

  test("have one line in the story for those that are not shown", async () => {
    const memberEvents = await listMemberEvents(inboxSince(1), toOperation({ createdAt: 1000 }));
    expect(memberEvents.hasOlder).toBe(true);
    const steps = tell({ memberEvents }).filter(({ what }) => what === "event");
    expect(steps.slice(0, 2)).toEqual([
      {
        at: 15_001,
        what: "event",
        text: "older events about the member since the request are not shown: there are more than 5000",
      },
      { at: 15_001, what: "event", text: "event other received" },
    ]);
    expect(
      tell({ memberEvents: { ...memberEvents, hasOlder: false } }).filter(({ what }) => what === "event"),
    ).toHaveLength(5000);
  });
});

test("the page of the operations command has a row for each step of a story", () => {
  const [, section = ""] = readText("docs/operations/operations-command.md").split("## What the story has");
  const [table = ""] = section.split("\n## ");
  expect([...table.matchAll(/^\| (\w+) +\|/gm)].map(([, step]) => step)).toEqual(["step", ...STEPS]);
});
