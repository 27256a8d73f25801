import { type Command, parseArguments } from "./arguments";
import { type CommandContext } from "./command-context";
import { type CommandResult, EXIT, type ExitCode } from "../exit-code";
import { HELP } from "./help";
import { list } from "./list";
import { recheck } from "./recheck";
import { settle } from "./settle";
import { show } from "./show";
import { type CommandOutput, reportFailure, writeResult } from "../command-output";
import { openOperator } from "../../app/operator";
import { loadConfig } from "../../config/index";
import { type RawEnvironment } from "../../config/variable";
import { systemClock } from "../../platform/kernel/clock";
import { createLogger } from "../../platform/observability/logger";

type ActiveCommand = Exclude<Command, { readonly name: "help" }>;

async function execute(command: ActiveCommand, context: CommandContext): Promise<CommandResult> {
  if (command.name === "list") return await list(context, command.filter);
  if (command.name === "show") return await show(context, command);
  return await (command.name === "recheck" ? recheck(context, command) : settle(context, command));
}

async function runOrThrow(
  args: readonly string[],
  environment: RawEnvironment | undefined,
  output: CommandOutput,
): Promise<ExitCode> {
  const { command, isJson } = parseArguments(args);
  if (command.name === "help") {
    output.stdout(HELP);
    return EXIT.done;
  }
  const config = loadConfig(environment);
  const logger = createLogger("warn", { write: output.stderr });
  const operator = await openOperator(config, { logger });
  try {
    const context = { operator, config: config.operations, clock: systemClock };
    return writeResult(await execute(command, context), { output, isJson });
  } finally {
    await operator.close();
  }
}

/** Runs one command with its arguments; resolves to the exit code. Never rejects. */
export const runOperations = (
  args: readonly string[],
  environment: RawEnvironment | undefined,
  output: CommandOutput,
): Promise<ExitCode> => reportFailure(runOrThrow(args, environment, output), { output, ifUncertain: "run show" });
