import { type ChildProcess, spawn } from "node:child_process";
import { pathToFileURL } from "node:url";

/** Runs a TypeScript program of the tests in a process of its own, with a channel for messages. The test ends it by closing the channel. */
export function spawnTypeScript(file: string, args: readonly string[]): ChildProcess {
  const loader = pathToFileURL(require.resolve("tsx")).href;
  return spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "--import", loader, file, ...args], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}
