export interface PollingWorkerOptions {
  /** Works off what is due, at most `batch` at a time; answers how many that were. */
  readonly pollOnce: () => Promise<number>;
  readonly batchSize: number;
  /** Time between two looks. */
  readonly intervalMs: number;
  /** Told of a look that failed; the next one comes all the same. */
  readonly onFailure: (error: unknown) => void;
}

/** Looks for work every interval, at once again after a full batch; never two looks at the same time. */
export function createPollingWorker({ pollOnce, batchSize, intervalMs, onFailure }: PollingWorkerOptions) {
  const state = { isRunning: false, isPolling: false, isTriggered: false };
  let timer: NodeJS.Timeout | undefined;
  let inFlight: Promise<void> = Promise.resolve();

  function schedulePoll(delayMs: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      inFlight = poll();
    }, delayMs);
  }

  async function poll(): Promise<void> {
    Object.assign(state, { isPolling: true, isTriggered: false });
    const count = await pollOnce().catch((error: unknown) => {
      onFailure(error);
      return 0;
    });
    state.isPolling = false;
    if (state.isRunning) schedulePoll(count === batchSize || state.isTriggered ? 0 : intervalMs);
  }

  function start(): void {
    state.isRunning = true;
    schedulePoll(0);
  }

  /** There is work: the next look comes now, or right behind the one that is under way. */
  function trigger(): void {
    state.isTriggered = true;
    if (state.isRunning && !state.isPolling) schedulePoll(0);
  }

  /** Stops looking; resolves when what was under way is done, and what it was woken for was looked at once. */
  async function stop(): Promise<void> {
    state.isRunning = false;
    clearTimeout(timer);
    await inFlight;
    if (state.isTriggered) await poll();
  }

  return { start, trigger, stop };
}
