import { createPollingWorker } from "../../../src/platform/kernel/polling-worker";
import { holdTimeouts, releaseTimeouts } from "../../kit/clocks";

const INTERVAL_MS = 3_600_000;

/** A worker whose polls end when the test ends them. */
function createControlledWorker() {
  let polls = 0;
  let endPoll = (): void => undefined;
  const worker = createPollingWorker({
    pollOnce: () => {
      polls += 1;
      return new Promise((resolve) => {
        endPoll = () => {
          resolve(0);
        };
      });
    },
    batchSize: 10,
    intervalMs: INTERVAL_MS,
    onFailure: () => undefined,
  });
  const end = () => {
    endPoll();
  };
  return { worker, polls: () => polls, endPoll: end };
}

let timeouts: ReturnType<typeof holdTimeouts>;
beforeEach(() => (timeouts = holdTimeouts()));
afterEach(releaseTimeouts);

describe("a polling worker that is stopped", () => {
  test.each([
    ["between two polls", true],
    ["during a poll", false],
  ])("after a trigger %s polls once more before it has stopped", async (_when, isIdle) => {
    const { worker, polls, endPoll } = createControlledWorker();
    worker.start();
    await timeouts.advance(0);
    if (isIdle) {
      endPoll();
      await timeouts.advance(0);
    }
    worker.trigger();
    const stopped = worker.stop();
    endPoll();
    await timeouts.advance(0);
    expect(polls()).toBe(2);
    endPoll();
    await stopped;
    await timeouts.advance(2 * INTERVAL_MS);
    expect(polls()).toBe(2);
  });

  test("without a trigger polls no more, also if it is triggered afterwards", async () => {
    const { worker, polls, endPoll } = createControlledWorker();
    worker.start();
    await timeouts.advance(0);
    endPoll();
    await worker.stop();
    worker.trigger();
    await timeouts.advance(2 * INTERVAL_MS);
    expect(polls()).toBe(1);
  });
});
