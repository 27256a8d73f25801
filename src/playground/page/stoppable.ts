const END = { done: true, value: undefined } as const;

/**
 * Reads `open` as an iterator whose `return` ends it at once: its signal is aborted, and a value that arrives later is dropped. The
 * `return` of a generator waits for its next value, so that neither a slow request nor a quiet subscription could be stopped.
 */
export function createStoppable<Value>(
  open: (signal: AbortSignal) => AsyncGenerator<Value>,
): AsyncIterableIterator<Value, undefined> {
  type Result = IteratorResult<Value, undefined>;
  const controller = new AbortController();
  const { signal } = controller;
  const values = open(signal);
  let endRead: (result: Result) => void = () => undefined;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      if (signal.aborted) return Promise.resolve(END);
      return new Promise<Result>((resolve, reject) => {
        endRead = resolve;
        values.next().then(resolve, reject);
      });
    },
    return() {
      controller.abort();
      endRead(END);
      return Promise.resolve(END);
    },
  };
}
