import { parseMembersArguments } from "./arguments";
import { countMember, eraseMember } from "./erase";
import { exportMember } from "./export";
import { HELP } from "./help";
import { findMember, type MembersContext } from "./members-context";
import { type CommandOutput, reportFailure, writeResult } from "../command-output";
import { EXIT, type ExitCode } from "../exit-code";
import { openMemberRecords } from "../../app/member-records";
import { loadConfig } from "../../config/index";
import { type RawEnvironment } from "../../config/variable";
import { systemClock } from "../../platform/kernel/clock";
import { createLogger } from "../../platform/observability/logger";

async function runOrThrow(
  args: readonly string[],
  environment: RawEnvironment | undefined,
  output: CommandOutput,
): Promise<ExitCode> {
  const { command, isJson } = parseMembersArguments(args);
  if (command.name === "help") {
    output.stdout(HELP);
    return EXIT.done;
  }
  const logger = createLogger("warn", { write: output.stderr });
  const records = await openMemberRecords(loadConfig(environment), { logger });
  try {
    const context: MembersContext = { records, clock: systemClock, progress: output.progress };
    const user = await findMember(context, command.id);
    if (command.name === "export") {
      await exportMember(context, { id: command.id, user }, output.stdout);
      return EXIT.done;
    }
    return writeResult(await (command.isDryRun ? countMember : eraseMember)(context, user), { output, isJson });
  } finally {
    await records.close();
  }
}

/** Runs one command with its arguments; resolves to the exit code. Never rejects. */
export const runMembers = (
  args: readonly string[],
  environment: RawEnvironment | undefined,
  output: CommandOutput,
): Promise<ExitCode> =>
  reportFailure(runOrThrow(args, environment, output), { output, ifUncertain: "repeat the command" });
