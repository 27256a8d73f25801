/** Passes calls on. While it is paused, it rejects them with an error of `createRejection`. */
export function createPausable<Argument, Result>(
  call: (argument: Argument) => Promise<Result>,
  createRejection: () => Error,
) {
  const inFlight = new Set<Promise<unknown>>();
  let isPaused = false;
  return {
    call: async (argument: Argument): Promise<Result> => {
      if (isPaused) throw createRejection();
      const result = call(argument);
      inFlight.add(result);
      try {
        return await result;
      } finally {
        inFlight.delete(result);
      }
    },
    /** Resolves when no call is in flight. */
    pause: async (): Promise<void> => {
      isPaused = true;
      await Promise.allSettled(inFlight);
    },
    resume: (): void => {
      isPaused = false;
    },
  };
}
