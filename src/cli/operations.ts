import "reflect-metadata"; // before the first decorated class

import { runOperations } from "./operations/run";

// For people on call: finds, explains and settles operations, whether or not replicas are running.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") process.exitCode = 1; // otherwise its reader has what it wanted
  });
}
void runOperations(process.argv.slice(2), undefined, {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
}).then((exitCode) => {
  process.exitCode ||= exitCode;
});
