// Processes of the machine, read from /proc; none where there is no /proc.
import { existsSync, readdirSync, readFileSync } from "node:fs";

function read(pid, name) {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return ""; // it has ended, or belongs to another user
  }
}

// cspell:disable-next-line
const readCommand = (pid) => read(pid, "cmdline");

/** Running processes of this process group, and those whose command or environment names this path. */
export function listProcesses({ group, path }) {
  if (!existsSync("/proc/self/stat")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => {
      // Process ID, command, state, parent, process group: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
      const [, state, processGroup] = /^\d+ \(.*\) (\S) \d+ (\d+)/s.exec(read(name, "stat")) ?? [];
      return { pid: Number(name), state, processGroup: Number(processGroup), command: readCommand(name) };
    })
    .filter(({ state }) => state !== undefined && state !== "Z")
    .filter(
      ({ pid, processGroup, command }) =>
        processGroup === group || command.includes(path) || read(pid, "environ").includes(path),
    );
}
