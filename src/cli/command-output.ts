import { CommandFailure } from "./operations/exit-code";
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
export function describeCommandFailure(error: unknown, ifUncertain: string): string {
  if (error instanceof CommandFailure) return error.message;
  const isUncertain = error instanceof DatabaseUnavailable && error.maybeCommitted;
  const uncertain = isUncertain ? ` It is not known whether the last step was stored: ${ifUncertain}.` : "";
  const lines = describeStartFailure(error, "The command failed").split("\n");
  return lines.map((line) => line.trim()).join(" ") + uncertain;
}
