import { createDatabaseMonitor } from "../../../src/platform/database/database-monitor";
import { createLogger } from "../../../src/platform/observability/logger";

function createMonitor() {
  const state = { isReachable: true, failsToRead: false, reads: 0 };
  const logs: string[] = [];
  const monitor = createDatabaseMonitor({
    database: { isReachable: () => Promise.resolve(state.isReachable) },
    readSnapshot: () => (state.failsToRead ? Promise.reject(new Error("lost")) : Promise.resolve((state.reads += 1))),
    logger: createLogger("info", { write: (line) => void logs.push(line) }),
  });
  return { state, monitor, messages: () => logs.map((line) => (JSON.parse(line) as { msg: string }).msg) };
}

test.each([
  ["is not reachable", "isReachable", false],
  ["fails while its state is read", "failsToRead", true],
] as const)(
  "a database that %s is lost once and restored once, however often it is polled",
  async (_how, what, value) => {
    const { state, monitor, messages } = createMonitor();
    await monitor.pollOnce();
    expect([monitor.isUp(), messages()]).toEqual([true, []]);
    Object.assign(state, { [what]: value });
    for (let n = 0; n < 3; n += 1) await monitor.pollOnce();
    expect([monitor.isUp(), messages()]).toEqual([false, ["database lost"]]);
    expect(monitor.snapshot()).toBe(1); // what was read last
    Object.assign(state, { [what]: !value });
    for (let n = 0; n < 3; n += 1) await monitor.pollOnce();
    expect([monitor.isUp(), messages()]).toEqual([true, ["database lost", "database restored"]]);
    expect(monitor.snapshot()).toBe(4);
  },
);

test("the state is not read while the database is not reachable", async () => {
  const { state, monitor } = createMonitor();
  state.isReachable = false;
  await monitor.pollOnce();
  expect(state.reads).toBe(0);
});
