import "reflect-metadata"; // before the first decorated class

import { runMembers } from "./members/run";

/** The line is replaced by the next one, and removed at the end. */
const showProgress = (line: string) => void process.stderr.write(`\r\u001b[K${line}`);

// For people who answer a member's request: shows or erases what is stored about one, whether or not replicas are running.
process.stdout.on("error", () => undefined); // the reader of a pipe may have ended
void runMembers(process.argv.slice(2), undefined, {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  ...(process.stderr.isTTY && { progress: showProgress }),
}).then((exitCode) => {
  process.exitCode = exitCode;
});
