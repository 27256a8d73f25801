import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTempDirectory, type TempDirectory } from "../kit/temp";

const SCRIPT = join(__dirname, "../../.ci/chromium.mjs");

const findChromium = (chromiumPath: string) =>
  spawnSync(process.execPath, [SCRIPT, "--path"], {
    encoding: "utf8",
    env: { ...process.env, CHROMIUM_PATH: chromiumPath },
  });

describe("the search for a Chromium", () => {
  let directory: TempDirectory;
  beforeAll(() => {
    directory = createTempDirectory("chromium");
  });
  afterAll(() => {
    directory.remove();
  });

  function writeProgram(name: string, script: string): string {
    const file = join(directory.path, name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  }

  test("returns CHROMIUM_PATH if it prints a version", () => {
    const file = writeProgram("chromium", "echo Chromium 153.0.0.0");
    expect(findChromium(file)).toMatchObject({ status: 0, stdout: `${file}\n`, stderr: "" });
  });

  test("fails with the reason and one command if CHROMIUM_PATH does not start", () => {
    const file = writeProgram("stub", "echo 'install the snap' >&2; exit 1");
    const { status, stdout, stderr } = findChromium(file);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain(`${file} does not start: install the snap`);
    expect(stderr).toContain("Run: CHROMIUM_PATH=/path/to/chromium npm test");
  });

  test("fails if CHROMIUM_PATH does not exist", () => {
    const { status, stderr } = findChromium(join(directory.path, "missing"));
    expect(status).toBe(1);
    expect(stderr).toContain("ENOENT");
  });
});
