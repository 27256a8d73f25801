/** What was started, to be stopped in the reverse order: at the end, or if a later start fails. */
export function createStops() {
  const stops: (() => Promise<unknown>)[] = [];
  return {
    /** Waits for a start, and remembers how to stop it. */
    add: async <Started>(
      starting: Promise<Started>,
      stop: (started: Started) => Promise<unknown>,
    ): Promise<Started> => {
      const started = await starting;
      stops.push(() => stop(started));
      return started;
    },
    stopAll: async (): Promise<void> => {
      for (const stop of stops.splice(0).reverse()) await stop();
    },
  };
}
