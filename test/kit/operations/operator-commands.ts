import "reflect-metadata";
import { runOperations } from "../../../src/cli/operations/run";

/** What one call of the operations command printed. */
export interface CommandRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** With `--json`: the parsed output. */
  readonly json: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- looked into as JSON
}

/** Runs the operations command in this process, with only these variables. */
export async function runCommand(
  environment: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<CommandRun> {
  let [stdout, stderr] = ["", ""];
  const exitCode = await runOperations(args, environment, {
    stdout: (text) => (stdout += text),
    stderr: (text) => (stderr += text),
  });
  const isJson = args.includes("--json") && stdout !== "";
  return { exitCode, stdout, stderr, json: isJson ? JSON.parse(stdout) : undefined };
}

/** The arguments of `settle` but for its id. */
export const decideAs = (outcome: "succeeded" | "failed", by = "Ana") => [
  ...["--as", outcome, "--reason", "the bank says so", "--evidence", "ticket 4711", "--by", by],
];
