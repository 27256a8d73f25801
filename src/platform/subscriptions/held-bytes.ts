/** Counts what open subscriptions hold in memory, and says when it is enough. */
export interface HeldBytes {
  /** Takes so many, and gives back what returns them (once); undefined where there is no room. */
  readonly take: (bytes: number) => (() => void) | undefined;
}

export function createHeldBytes(maxBytes: number): HeldBytes {
  let held = 0;
  return {
    take(bytes) {
      if (held + bytes > maxBytes) return undefined;
      held += bytes;
      let isHeld = true;
      return () => {
        if (isHeld) held -= bytes;
        isHeld = false;
      };
    },
  };
}
