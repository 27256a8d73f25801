export interface PollingWorkerOptions {
  /** Processes up to `batchSize` due items; resolves to their number. */
  readonly pollOnce: () => Promise<number>;
  readonly batchSize: number;
  /** Time between two polls, in ms. */
  readonly intervalMs: number;
  /** Called if a poll rejects; polling continues. */
  readonly onFailure: (error: unknown) => void;
}

/** Polls at each interval, and immediately after a full batch; never two polls at a time. */
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

  /** Polls now, or right after the poll in flight. */
  function trigger(): void {
    state.isTriggered = true;
    if (state.isRunning && !state.isPolling) schedulePoll(0);
  }

  /** Stops polling; resolves after the poll in flight and, if `trigger` was called since its start, one more. */
  async function stop(): Promise<void> {
    state.isRunning = false;
    clearTimeout(timer);
    await inFlight;
    if (state.isTriggered) await poll();
  }

  return { start, trigger, stop };
}
