import { Session } from "node:inspector";

/** Calls of functions, and runs of their loops and branches, in the scripts that `isCounted` accepts by URL. The same on every machine. */
export interface StepCounter {
  /** Steps since the last call. */
  readonly take: () => number;
  readonly stop: () => void;
}

/** Counts steps of this process by V8's precise coverage, which is synchronous in its own thread. */
export function startStepCounter(isCounted: (url: string) => boolean): StepCounter {
  const session = new Session();
  session.connect();
  session.post("Profiler.enable");
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  return {
    take() {
      let steps: number | undefined;
      session.post("Profiler.takePreciseCoverage", (error, coverage) => {
        if (error) throw error;
        const scripts = coverage.result.filter(({ url }) => isCounted(url));
        const ranges = scripts.flatMap(({ functions }) => functions.flatMap((one) => one.ranges));
        steps = ranges.reduce((sum, { count }) => sum + count, 0);
      });
      if (steps === undefined) throw new Error("the inspector did not respond in the same turn");
      return steps;
    },
    stop() {
      session.post("Profiler.stopPreciseCoverage");
      session.disconnect();
    },
  };
}
