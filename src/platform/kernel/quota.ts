export interface QuotaOptions {
  /** How many there may be at once in all. */
  readonly max: number;
  /** How many of them may be one owner's. */
  readonly maxPerCaller: number;
}

/** Counts what is open, in all and for each owner, and says when it is enough. */
export interface Quota {
  /** Takes one for this owner, and gives back what returns it (once); undefined where there is none left. */
  readonly acquire: (caller: string) => (() => void) | undefined;
}

export function createQuota({ max, maxPerCaller }: QuotaOptions): Quota {
  const byCaller = new Map<string, number>();
  let totalCount = 0;
  return {
    acquire(caller) {
      const callerCount = byCaller.get(caller) ?? 0;
      if (totalCount >= max || callerCount >= maxPerCaller) return undefined;
      totalCount += 1;
      byCaller.set(caller, callerCount + 1);
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        totalCount -= 1;
        const remaining = (byCaller.get(caller) ?? 1) - 1;
        if (remaining > 0) byCaller.set(caller, remaining);
        else byCaller.delete(caller);
      };
    },
  };
}
