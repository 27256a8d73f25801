export interface WorkLoopOptions {
  /** Works off what is due, at most `batch` at a time; answers how many that were. */
  readonly runOnce: () => Promise<number>;
  readonly batch: number;
  /** Time between two looks. */
  readonly intervalMs: number;
  /** Told of a look that failed; the next one comes all the same. */
  readonly onFailure: (error: unknown) => void;
}

/** Looks for work every interval, at once again after a full batch; never two looks at the same time. */
export function createWorkLoop({ runOnce, batch, intervalMs, onFailure }: WorkLoopOptions) {
  const state = { isRunning: false, isLooking: false, isWoken: false };
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> = Promise.resolve();

  function lookIn(delayMs: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      underWay = look();
    }, delayMs);
  }

  async function look(): Promise<void> {
    Object.assign(state, { isLooking: true, isWoken: false });
    const found = await runOnce().catch((error: unknown) => {
      onFailure(error);
      return 0;
    });
    state.isLooking = false;
    if (state.isRunning) lookIn(found === batch || state.isWoken ? 0 : intervalMs);
  }

  function start(): void {
    state.isRunning = true;
    lookIn(0);
  }

  /** There is work: the next look comes now, or right behind the one that is under way. */
  function wake(): void {
    state.isWoken = true;
    if (state.isRunning && !state.isLooking) lookIn(0);
  }

  /** Stops looking; resolves when what was under way is done, and what it was woken for was looked at once. */
  async function stop(): Promise<void> {
    state.isRunning = false;
    clearTimeout(timer);
    await underWay;
    if (state.isWoken) await look();
  }

  return { start, wake, stop };
}
