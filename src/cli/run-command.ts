import { type CommandOutput } from "./command-output";

type Command = (args: readonly string[], environment: undefined, output: CommandOutput) => Promise<number>;

/** The line is replaced by the next one, and removed at the end. */
const showProgress = (line: string) => void process.stderr.write(`\r\u001b[K${line}`);

/** Runs a command with the arguments and streams of this process. The exit code is 1 if a result could not be written. */
export function runCommand(command: Command): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") process.exitCode = 1; // otherwise its reader has what it wanted
    });
  }
  void command(process.argv.slice(2), undefined, {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    ...(process.stderr.isTTY && { progress: showProgress }),
  }).then((exitCode) => {
    process.exitCode ||= exitCode;
  });
}
