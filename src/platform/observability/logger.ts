import { type DestinationStream, type Logger as Pino, pino, stdTimeFunctions } from "pino";
import pretty from "pino-pretty";
import { sanitizeText } from "../kernel/sanitize-text";
import { buildInfo } from "./build-info";
import { redactFields } from "./redaction";

/** Takes fields and a constant message: `logger.warn({ call }, "provider call failed")`. */
export type Logger = Pick<Pino, "trace" | "debug" | "info" | "warn" | "error" | "fatal">;

const MAX_MESSAGE_LENGTH = 200;

/**
 * Writes JSON lines to stdout, or readable lines if stdout is a terminal. `redactFields` is the last line of defense against a secret
 * that is logged by mistake. Messages are constants: values belong in fields.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const stream =
    destination ??
    (process.stdout.isTTY ? pretty({ sync: true, ignore: Object.keys(buildInfo).join() }) : process.stdout);
  return pino(
    {
      level,
      base: buildInfo,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: stdTimeFunctions.isoTime,
      hooks: {
        logMethod([first, second]: unknown[], log) {
          const [fields, text] = typeof first === "string" ? [{}, first] : [first, second];
          const message = typeof text === "string" ? sanitizeText(text, MAX_MESSAGE_LENGTH) : undefined;
          log.call(this, redactFields(fields), message);
        },
      },
    },
    stream,
  );
}
