import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";

/** Starts the built command; `--help` needs no database. */
function startHelp(stdout: "pipe" | number) {
  const child = spawn(process.execPath, ["dist/cli/operations.js", "--help"], {
    env: { PATH: process.env["PATH"] },
    stdio: ["ignore", stdout, "pipe"],
  });
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const exit = once(child, "close").then(([exitCode]) => ({ exitCode: exitCode as number | null, stderr }));
  return { child, exit };
}

describe("the output of the operations command", () => {
  test("to a pipe whose reader has ended is no failure", async () => {
    const { child, exit } = startHelp("pipe");
    child.stdout?.destroy();
    expect(await exit).toEqual({ exitCode: 0, stderr: "" });
  });

  test("that cannot be written is exit code 1", async () => {
    const readOnly = openSync("package.json", "r");
    expect(await startHelp(readOnly).exit).toEqual({ exitCode: 1, stderr: "" });
    closeSync(readOnly);
  });
});
