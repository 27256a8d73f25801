import { describeError } from "../errors/describe-error";
import { type Logger } from "./logger";

/**
 * Logs what Node would print itself, whole errors with whatever they hold (an axios error has its request's headers): warnings,
 * and the errors that nobody caught. Those end the program with exit code 1, rejections too: what went wrong left a state that
 * nobody knows, a new process begins with one that is known, and the ledger knows what was under way.
 */
export function logProcessEvents(logger: Logger): void {
  process.removeAllListeners("warning"); // Node's own, which prints the text
  process.on("warning", (warning) => {
    logger.warn(describeError(warning), "warning of the runtime");
  });
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      logger.fatal({ event, ...describeError(error) }, "crashed");
      process.exit(1); // what goes to a pipe or a file is written by now
    });
  }
}
