import { createConcurrentWorker } from "../../../src/platform/kernel/concurrent-worker";

const microtasks = async () => {
  for (let n = 0; n < 10; n += 1) await Promise.resolve();
};
const pause = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A lane with two slots over items that are done when they are told to be; looks only when a slot is free again. */
function createWorld(items: number) {
  const finish: (() => void)[] = [];
  const limits: number[] = [];
  const failures: unknown[] = [];
  let next = 0;
  const lane = createConcurrentWorker<number>({
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
    intervalMs: 3_600_000,
    onFailure: (error) => failures.push(error),
  });
  const until = async (condition: () => boolean) => {
    while (!condition()) await pause();
  };
  return { lane, finish, limits, failures, until };
}

test("each slot is filled again as soon as it is free, and a failure frees its slot as well", async () => {
  const { lane, finish, limits, failures, until } = createWorld(4);
  lane.start();
  await until(() => finish.length === 2);
  finish[1]?.();
  await until(() => finish.length === 3);
  finish[2]?.();
  await until(() => finish.length === 4);
  expect(limits).toEqual([2, 1, 1]);
  expect(failures).toHaveLength(1);
  const stopped = lane.stop();
  finish[0]?.();
  finish[3]?.();
  await stopped;
});

test("a lane that is asked to stop just when a slot is free takes nothing more", async () => {
  const { lane, finish, limits, until } = createWorld(10);
  lane.start();
  await until(() => finish.length === 2);
  finish[0]?.();
  await microtasks(); // it has been woken, and has not looked yet
  const stopped = lane.stop();
  finish[1]?.();
  await stopped;
  await pause();
  expect(limits).toEqual([2]);
});
