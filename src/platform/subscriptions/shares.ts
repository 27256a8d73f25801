export interface SharesOptions {
  /** How many there may be at once in all. */
  readonly most: number;
  /** How many of them may be one owner's. */
  readonly mostEach: number;
}

/** Counts what is open, in all and for each owner, and says when it is enough. */
export interface Shares {
  /** Takes one for this owner, and gives back what returns it (once); undefined where there is none left. */
  readonly take: (owner: string) => (() => void) | undefined;
}

export function createShares({ most, mostEach }: SharesOptions): Shares {
  const byOwner = new Map<string, number>();
  let taken = 0;
  return {
    take(owner) {
      const own = byOwner.get(owner) ?? 0;
      if (taken >= most || own >= mostEach) return undefined;
      taken += 1;
      byOwner.set(owner, own + 1);
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        taken -= 1;
        const left = (byOwner.get(owner) ?? 1) - 1;
        if (left > 0) byOwner.set(owner, left);
        else byOwner.delete(owner);
      };
    },
  };
}
