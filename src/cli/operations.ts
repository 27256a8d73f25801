import "reflect-metadata"; // before the first decorated class

import { runOperations } from "./operations/run";

// For people on call: finds, explains and settles operations, whether or not replicas are running.
process.stdout.on("error", () => undefined); // the reader of a pipe may have ended
void runOperations(process.argv.slice(2), undefined, {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
}).then((exitCode) => {
  process.exitCode = exitCode;
});
