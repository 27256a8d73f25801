import "reflect-metadata";
import { runMembers } from "../../../src/cli/members/run";
import { type CommandRun } from "./operator-commands";

/** What one call of the members command printed; `progress` only if a person would have watched. */
export interface MembersRun extends CommandRun {
  readonly progress: readonly string[];
}

/** Runs the members command in this process, with only these variables, as on a terminal or in a pipe. */
export async function runMembersCommand(
  environment: Readonly<Record<string, string>>,
  args: readonly string[],
  { isTerminal = false } = {},
): Promise<MembersRun> {
  let [stdout, stderr] = ["", ""];
  const progress: string[] = [];
  const exitCode = await runMembers(args, environment, {
    stdout: (text) => (stdout += text),
    stderr: (text) => (stderr += text),
    ...(isTerminal && { progress: (line: string) => void progress.push(line) }),
  });
  const isJson = exitCode !== 1 && exitCode !== 2 && (args.includes("--json") || args[0] === "export");
  return { exitCode, stdout, stderr, progress, json: isJson ? JSON.parse(stdout) : undefined };
}
