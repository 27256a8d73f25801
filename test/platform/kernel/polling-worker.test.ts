import { createPollingWorker } from "../../../src/platform/kernel/polling-worker";

/** A loop that looks when it is woken alone, and how often it has looked. */
function looking() {
  let looks = 0;
  let goOn = (): void => undefined;
  const loop = createPollingWorker({
    pollOnce: () => {
      looks += 1;
      return new Promise((resolve) => {
        goOn = () => {
          resolve(0);
        };
      });
    },
    batchSize: 10,
    intervalMs: 3_600_000,
    onFailure: () => undefined,
  });
  const until = async (count: number) => {
    while (looks < count) await new Promise((resolve) => setTimeout(resolve, 5));
    goOn();
  };
  return { loop, until, looks: () => looks };
}

describe("a loop that is asked to stop", () => {
  test.each([
    ["while it rests", true],
    ["while it looks", false],
  ])("and was woken %s looks once more before it has stopped", async (_when, isResting) => {
    const { loop, until, looks } = looking();
    loop.start();
    if (isResting) await until(1);
    while (looks() < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 20));
    loop.trigger();
    const stopped = loop.stop();
    if (!isResting) await until(1);
    await until(2);
    await stopped;
    expect(looks()).toBe(2);
  });

  test("and was not woken looks no more", async () => {
    const { loop, until, looks } = looking();
    loop.start();
    await until(1);
    await loop.stop();
    loop.trigger();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(looks()).toBe(1);
  });
});
