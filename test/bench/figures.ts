import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The value below which `share` (0 to 1) of them lie. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Milliseconds that `work` took. */
export async function timed(work: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Resident memory of a process in MB. Linux only, as all that reads /proc. */
export function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

/** Sockets that a process has open. */
export function openSockets(pid: number): number {
  const directory = `/proc/${pid}/fd`;
  const isSocket = (name: string) => {
    try {
      return readlinkSync(`${directory}/${name}`).startsWith("socket:");
    } catch {
      return false; // closed meanwhile
    }
  };
  return readdirSync(directory).filter(isSocket).length;
}

const TICKS_PER_SECOND = 100;

/** Processor time that a process has used so far, in ms. */
export function cpuMs(pid: number): number {
  // The second field is the program's name in parentheses, and may hold blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}

/** What is said to hold, marked where it does not; the program ends with 1 then. */
export function formatCheck(text: string, holds: boolean): string {
  if (!holds) process.exitCode = 1;
  return holds ? text : `${text} !`;
}

/** Columns of a line; the first is text and wide. */
export function row(first: string, ...others: readonly string[]): string {
  return `  ${first.padEnd(46)}${others.map((text) => text.padStart(16)).join("")}`;
}
