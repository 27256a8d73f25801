export interface QuotaOptions {
  /** Maximum number of open units in total. */
  readonly max: number;
  /** Maximum number of open units for each caller. */
  readonly maxPerCaller: number;
}

/** Limits open units, in total and for each caller. */
export interface Quota {
  /** Acquires a unit and returns the function that releases it; returns undefined if none is left. */
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
