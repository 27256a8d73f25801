import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";
import pretty from "pino-pretty";

export type { Logger } from "pino";

/**
 * Members that hold secrets or personal data wherever they appear. A last line of defence: nothing logs them knowingly,
 * and errors are logged through `describeError`, which picks members instead of walking whole objects.
 */
const NEVER_LOGGED = [
  "authorization",
  "password",
  "secret",
  "token",
  "apiKey",
  "document",
  "taxId",
  "email",
  "phone",
  "firstName",
  "lastName",
  "address",
  "idempotencyKey",
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** JSON lines on stdout; readable lines where stdout is a terminal. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const stream =
    destination ?? (process.stdout.isTTY ? pretty({ sync: true, ignore: "pid,hostname" }) : process.stdout);
  return pino(
    { level, base: null, timestamp: stdTimeFunctions.isoTime, redact: { paths: NEVER_LOGGED, censor: "[redacted]" } },
    stream,
  );
}
