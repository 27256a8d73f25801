import { createConcurrentWorker } from "../../../src/platform/kernel/concurrent-worker";
import { holdTimeouts, releaseTimeouts } from "../../kit/clocks";

const INTERVAL_MS = 3_600_000;

const microtasks = async () => {
  for (let n = 0; n < 10; n += 1) await Promise.resolve();
};

/** A worker with two slots, whose executions end when the test ends them; the second one fails. */
function createControlledWorker(items: number) {
  const finish: (() => void)[] = [];
  const limits: number[] = [];
  const failures: unknown[] = [];
  let next = 0;
  const worker = createConcurrentWorker<number>({
    fetchDue: (limit) => {
      limits.push(limit);
      const taken = Array.from({ length: Math.min(limit, items - next) }, (_value, index) => next + index);
      next += taken.length;
      return Promise.resolve(taken);
    },
    execute: (item) =>
      new Promise((resolve, reject) => {
        finish[item] =
          item === 1
            ? () => {
                reject(new Error("failed"));
              }
            : resolve;
      }),
    concurrency: 2,
    intervalMs: INTERVAL_MS,
    onFailure: (error) => failures.push(error),
  });
  return { worker, finish, limits, failures };
}

let timeouts: ReturnType<typeof holdTimeouts>;
beforeEach(() => (timeouts = holdTimeouts()));
afterEach(releaseTimeouts);

test("a concurrent worker fills each slot as soon as it is free, also after a failure", async () => {
  const { worker, finish, limits, failures } = createControlledWorker(4);
  worker.start();
  await timeouts.advance(0);
  expect(finish).toHaveLength(2);
  finish[1]?.();
  await timeouts.advance(0);
  expect(finish).toHaveLength(3);
  finish[2]?.();
  await timeouts.advance(0);
  expect(finish).toHaveLength(4);
  expect(limits).toEqual([2, 1, 1]);
  expect(failures).toHaveLength(1);
  const stopped = worker.stop();
  finish[0]?.();
  finish[3]?.();
  await stopped;
});

test("a concurrent worker that is stopped when a slot becomes free fetches nothing more", async () => {
  const { worker, finish, limits } = createControlledWorker(10);
  worker.start();
  await timeouts.advance(0);
  finish[0]?.();
  await microtasks(); // it has been triggered, and has not polled yet
  const stopped = worker.stop();
  finish[1]?.();
  await stopped;
  await timeouts.advance(2 * INTERVAL_MS);
  expect(limits).toEqual([2]);
});
