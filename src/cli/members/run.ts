import { parseMembersArguments } from "./arguments";
import { countMember, eraseMember } from "./erase";
import { exportMember } from "./export";
import { HELP } from "./help";
import { findMember, type MembersContext } from "./members-context";
import { type CommandOutput, describeCommandFailure } from "../command-output";
import { CommandFailure, type CommandResult, EXIT } from "../operations/exit-code";
import { toJson, toLine } from "../operations/output";
import { openMemberRecords } from "../../app/member-records";
import { loadConfig } from "../../config/index";
import { type RawEnvironment } from "../../config/variable";
import { systemClock } from "../../platform/kernel/clock";
import { createLogger } from "../../platform/observability/logger";

async function runOrThrow(
  args: readonly string[],
  environment: RawEnvironment | undefined,
  output: CommandOutput,
): Promise<CommandResult["exitCode"]> {
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
    const { exitCode, text, json } = await (command.isDryRun ? countMember : eraseMember)(context, user);
    output.stdout(`${isJson ? toJson(json) : text.split("\n").map(toLine).join("\n")}\n`);
    return exitCode;
  } finally {
    await records.close();
  }
}

/** Runs one command with its arguments; resolves to the exit code. Never rejects. */
export async function runMembers(
  args: readonly string[],
  environment: RawEnvironment | undefined,
  output: CommandOutput,
): Promise<CommandResult["exitCode"]> {
  try {
    return await runOrThrow(args, environment, output);
  } catch (error) {
    output.progress?.("");
    output.stderr(`${toLine(describeCommandFailure(error, "repeat the command"))}\n`);
    return error instanceof CommandFailure ? error.exitCode : EXIT.failed;
  }
}
