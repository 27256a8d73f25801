/** An object that several subscriptions share, such as a parsed document. */
export interface SharedObject {
  readonly bytes: number;
}

/** Limits the memory of open subscriptions. */
export interface MemoryBudget {
  /**
   * Acquires so many bytes, and those of the shared object if no other subscription holds it. Returns a function that releases
   * them, or undefined if the budget would be exceeded.
   */
  readonly acquire: (bytes: number, shared?: SharedObject) => (() => void) | undefined;
}

export function createMemoryBudget(maxBytes: number): MemoryBudget {
  let usedBytes = 0;
  /** By identity: two copies of one document take twice the memory. */
  const referenceCounts = new Map<SharedObject, number>();

  function release(bytes: number, shared: SharedObject | undefined): void {
    usedBytes -= bytes;
    if (!shared) return;
    const remaining = (referenceCounts.get(shared) ?? 1) - 1;
    if (remaining > 0) {
      referenceCounts.set(shared, remaining);
      return;
    }
    referenceCounts.delete(shared);
    usedBytes -= shared.bytes;
  }

  return {
    acquire(bytes, shared) {
      const sharedBytes = shared && !referenceCounts.has(shared) ? shared.bytes : 0;
      if (usedBytes + bytes + sharedBytes > maxBytes) return undefined;
      usedBytes += bytes + sharedBytes;
      if (shared) referenceCounts.set(shared, (referenceCounts.get(shared) ?? 0) + 1);
      let isHeld = true;
      return () => {
        if (isHeld) release(bytes, shared);
        isHeld = false;
      };
    },
  };
}
