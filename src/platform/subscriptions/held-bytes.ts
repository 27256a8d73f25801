/** What several subscriptions hold together, such as a parsed document that is the same object for all of them. */
export interface SharedObject {
  readonly bytes: number;
}

/** Counts what open subscriptions hold in memory, and says when it is enough. */
export interface HeldBytes {
  /**
   * Takes so many bytes, and those of the shared object unless it is held already. Gives back what returns them (once); undefined
   * where there is no room.
   */
  readonly take: (bytes: number, shared?: SharedObject) => (() => void) | undefined;
}

export function createHeldBytes(maxBytes: number): HeldBytes {
  let held = 0;
  /** By identity: two copies of one document take twice the memory. */
  const holders = new Map<SharedObject, number>();

  function release(bytes: number, shared: SharedObject | undefined): void {
    held -= bytes;
    if (!shared) return;
    const left = (holders.get(shared) ?? 1) - 1;
    if (left > 0) {
      holders.set(shared, left);
      return;
    }
    holders.delete(shared);
    held -= shared.bytes;
  }

  return {
    take(bytes, shared) {
      const sharedBytes = shared && !holders.has(shared) ? shared.bytes : 0;
      if (held + bytes + sharedBytes > maxBytes) return undefined;
      held += bytes + sharedBytes;
      if (shared) holders.set(shared, (holders.get(shared) ?? 0) + 1);
      let isHeld = true;
      return () => {
        if (isHeld) release(bytes, shared);
        isHeld = false;
      };
    },
  };
}
