import { CommandFailure, type CommandResult, EXIT, type ExitCode } from "./exit-code";
import { toJson, toLine } from "./formatting";
import { describeStartFailure } from "../app/describe-start-failure";
import { DatabaseUnavailable } from "../platform/database/database.errors";

/** Where a command writes; `stdout` is for its result. */
export interface CommandOutput {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Replaces the line that says how far the command is; absent unless a person watches. */
  readonly progress?: (line: string) => void;
}

/** Why a command failed, in one line without what was typed; `ifUncertain` says what to do if the last step may have been stored. */
function describeFailure(error: unknown, ifUncertain: string): string {
  if (error instanceof CommandFailure) return error.message;
  const isUncertain = error instanceof DatabaseUnavailable && error.maybeCommitted;
  const uncertain = isUncertain ? ` It is not known whether the last step was stored: ${ifUncertain}.` : "";
  const lines = describeStartFailure(error, "The command failed").split("\n");
  return lines.map((line) => line.trim()).join(" ") + uncertain;
}

/** Writes the result of a command; returns its exit code. */
export function writeResult(
  { exitCode, text, json }: CommandResult,
  { output, isJson }: { readonly output: CommandOutput; readonly isJson: boolean },
): ExitCode {
  output.stdout(`${isJson ? toJson(json) : text.split("\n").map(toLine).join("\n")}\n`);
  return exitCode;
}

/** The exit code of a command that may throw: why it failed is one line on stderr. */
export async function reportFailure(
  result: Promise<ExitCode>,
  { output, ifUncertain }: { readonly output: CommandOutput; readonly ifUncertain: string },
): Promise<ExitCode> {
  return await result.catch((error: unknown) => {
    output.progress?.("");
    output.stderr(`${toLine(describeFailure(error, ifUncertain))}\n`);
    return error instanceof CommandFailure ? error.exitCode : EXIT.failed;
  });
}
