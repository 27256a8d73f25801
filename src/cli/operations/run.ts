import { type Command, parseArguments } from "./arguments";
import { type CommandContext } from "./command-context";
import { CommandFailure, type CommandResult, EXIT } from "./exit-code";
import { HELP } from "./help";
import { list } from "./list";
import { toJson, toLine } from "./output";
import { recheck } from "./recheck";
import { settle } from "./settle";
import { show } from "./show";
import { describeStartFailure } from "../../app/describe-start-failure";
import { openOperator } from "../../app/operator";
import { loadConfig } from "../../config/index";
import { type RawEnvironment } from "../../config/variable";
import { DatabaseUnavailable } from "../../platform/database/database.errors";
import { systemClock } from "../../platform/kernel/clock";
import { createLogger } from "../../platform/observability/logger";

type ActiveCommand = Exclude<Command, { readonly name: "help" }>;

/** Where a command writes; `stdout` is for its result. */
export interface CommandOutput {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

async function execute(command: ActiveCommand, context: CommandContext): Promise<CommandResult> {
  if (command.name === "list") return await list(context, command.filter);
  if (command.name === "show") return await show(context, command);
  return await (command.name === "recheck" ? recheck(context, command) : settle(context, command));
}

/** One line, without what was typed. */
function describeFailure(error: unknown): string {
  if (error instanceof CommandFailure) return error.message;
  const isUncertain = error instanceof DatabaseUnavailable && error.maybeCommitted;
  const uncertain = isUncertain ? " It is not known whether the last step was stored: run show." : "";
  const lines = describeStartFailure(error, "The command failed").split("\n");
  return lines.map((line) => line.trim()).join(" ") + uncertain;
}

async function runOrThrow(
  args: readonly string[],
  environment: RawEnvironment | undefined,
  output: CommandOutput,
): Promise<CommandResult["exitCode"]> {
  const { command, isJson } = parseArguments(args);
  if (command.name === "help") {
    output.stdout(HELP);
    return EXIT.done;
  }
  const config = loadConfig(environment);
  const logger = createLogger("warn", { write: output.stderr });
  const operator = await openOperator(config, { logger, clock: systemClock });
  try {
    const context = { operator, config: config.operations, clock: systemClock };
    const { exitCode, text, json } = await execute(command, context);
    output.stdout(`${isJson ? toJson(json) : text.split("\n").map(toLine).join("\n")}\n`);
    return exitCode;
  } finally {
    await operator.close();
  }
}

/** Runs one command with its arguments; resolves to the exit code. Never rejects. */
export async function runOperations(
  args: readonly string[],
  environment: RawEnvironment | undefined,
  output: CommandOutput,
): Promise<CommandResult["exitCode"]> {
  try {
    return await runOrThrow(args, environment, output);
  } catch (error) {
    output.stderr(`${toLine(describeFailure(error))}\n`);
    return error instanceof CommandFailure ? error.exitCode : EXIT.failed;
  }
}
