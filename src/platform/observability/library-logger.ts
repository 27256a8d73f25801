import { type Logger } from "./logger";

/** The logger interface that libraries expect: one argument, usually text. */
export type LibraryLogger = Record<"debug" | "info" | "warn" | "error", (message?: unknown) => void>;

const FIRST_WORDS = /^[A-Za-z ,'-]{1,100}/;

/**
 * A logger for a library. Its messages can contain any value (`Unexpected error: ${error}`), so that only their leading plain words are
 * logged, and errors as `describeError` formats them.
 */
export function createLibraryLogger(logger: Logger, library: string): LibraryLogger {
  const write = (level: keyof LibraryLogger) => (message?: unknown) => {
    const words = typeof message === "string" ? FIRST_WORDS.exec(message)?.[0].trim() : undefined;
    logger[level]({ library, words, ...(message instanceof Error && { error: message }) }, "library message");
  };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
