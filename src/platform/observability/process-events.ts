import { describeError } from "../errors/describe-error";
import { type Logger } from "./logger";

/**
 * Logs warnings and uncaught errors instead of Node.js, which would print whole errors (an axios error contains request headers).
 * An uncaught error or rejection leaves an unknown state, so that the process exits with code 1. A new process resumes the operations in
 * progress from the operation store.
 */
export function logProcessEvents(logger: Logger): void {
  process.removeAllListeners("warning"); // the default listener prints the message
  process.on("warning", (warning) => {
    logger.warn(describeError(warning), "Node.js warning");
  });
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      logger.fatal({ event, ...describeError(error) }, "uncaught error, exiting");
      process.exit(1); // writes to a pipe or a file are synchronous
    });
  }
}
