import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";

/** Starts the built command; `--help` needs no database. */
function startHelp(command: string, stdout: "pipe" | number) {
  const child = spawn(process.execPath, [`dist/cli/${command}.js`, "--help"], {
    env: { PATH: process.env["PATH"] },
    stdio: ["ignore", stdout, "pipe"],
  });
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const exit = once(child, "close").then(([exitCode]) => ({ exitCode: exitCode as number | null, stderr }));
  return { child, exit };
}

describe.each(["operations", "members"])("the output of the command %s", (command) => {
  test("to a pipe whose reader has ended is no failure", async () => {
    const { child, exit } = startHelp(command, "pipe");
    child.stdout?.destroy();
    expect(await exit).toEqual({ exitCode: 0, stderr: "" });
  });

  test("that cannot be written is exit code 1", async () => {
    const readOnly = openSync("package.json", "r");
    expect(await startHelp(command, readOnly).exit).toEqual({ exitCode: 1, stderr: "" });
    closeSync(readOnly);
  });
});
