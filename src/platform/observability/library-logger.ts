import { type Logger } from "./logger";

/** What libraries expect of a logger: any one thing, mostly text. */
export type LibraryLogger = Record<"debug" | "info" | "warn" | "error", (message?: unknown) => void>;

const FIRST_WORDS = /^[A-Za-z ,'-]{1,100}/;

/**
 * A logger for a library that writes texts of its own making. They may quote anything (`Unexpected error: ${error}`), so only the
 * plain words that a text begins with are written, and errors as `describeError` has them.
 */
export function createLibraryLogger(logger: Logger, library: string): LibraryLogger {
  const write = (level: keyof LibraryLogger) => (message?: unknown) => {
    const words = typeof message === "string" ? FIRST_WORDS.exec(message)?.[0].trim() : undefined;
    logger[level]({ library, words, ...(message instanceof Error && { error: message }) }, "a library's own words");
  };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
