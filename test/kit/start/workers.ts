import { type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { spawnTypeScript } from "./typescript";

/** Several processes that are prepared and wait for `run`. */
export interface Workers {
  readonly processes: readonly ChildProcess[];
  /** Starts all jobs at the same time; their results in the order of the processes. Rejects if one fails. */
  run(): Promise<unknown[]>;
}

type Report = { ready: true } | { result: unknown } | { failure: string };

/** Starts `count` processes of a program that calls `work`; resolves when all are ready. */
export async function startWorkers(count: number, file: string, args: readonly string[]): Promise<Workers> {
  const processes = Array.from({ length: count }, (_, index) =>
    spawnTypeScript(file, [...args, `process-${index + 1}`]),
  );
  for (const report of await Promise.all(processes.map((process) => nextReport(process)))) {
    if ("failure" in report) throw new Error(report.failure);
  }
  return {
    processes,
    run: () =>
      Promise.all(
        processes.map(async (process) => {
          const report = nextReport(process);
          process.send("go");
          const finalReport = await report;
          if ("failure" in finalReport) throw new Error(finalReport.failure);
          return "result" in finalReport ? finalReport.result : undefined;
        }),
      ),
  };
}

/**
 * In the worker's program: prepares with the program's arguments, reports that it is ready, does the job at the parent's message,
 * reports its result and ends.
 */
export function runWorker(prepare: (args: readonly string[]) => Promise<() => Promise<unknown>>): void {
  const report = (message: Report): void => {
    process.send?.(message, () => {
      if (!("ready" in message)) process.disconnect();
    });
  };
  const fail = (error: unknown): void => {
    report({ failure: error instanceof Error ? `${error.message} ${String(error.cause)}` : String(error) });
  };
  prepare(process.argv.slice(2)).then((job) => {
    process.once("message", () => {
      job().then((result) => {
        report({ result });
      }, fail);
    });
    report({ ready: true });
  }, fail);
}

async function nextReport(process: ChildProcess): Promise<Report> {
  const [message] = (await Promise.race([once(process, "message"), once(process, "exit")])) as [Report | number | null];
  if (message === null || typeof message === "number") throw new Error(`a worker ended early: ${message}`);
  return message;
}
