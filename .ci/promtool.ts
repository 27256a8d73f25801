// Finds promtool for `npm run check:alerts`: on the PATH, or else in Debian's package, which is only unpacked: if it were installed, its
// server would start.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

const CACHE = join(__dirname, "../node_modules/.cache");

/** Throws if a program does not start as promtool. */
function assertStarts(file: string): void {
  const { error, stdout, stderr } = spawnSync(file, ["--version"], { encoding: "utf8" });
  if (error) throw error;
  if (!`${stdout}${stderr}`.includes("promtool, version")) throw new Error(`${file} prints no version`);
}

/** Unpacks Debian's package into node_modules/.cache, once. Returns the path of its promtool. */
function unpackDebianPackage(): string {
  const folder = join(CACHE, "promtool");
  const promtool = join(folder, "usr/bin/promtool");
  if (existsSync(promtool)) return promtool;
  console.error("There is no promtool on the PATH: Debian's package prometheus is downloaded.");
  mkdirSync(CACHE, { recursive: true });
  const unfinished = mkdtempSync(`${folder}-`);
  const run = (command: string, ...args: readonly string[]) =>
    execFileSync(command, args, { cwd: unfinished, stdio: ["ignore", "ignore", "inherit"] });
  try {
    if (process.getuid?.() === 0) run("apt-get", "update"); // another user needs the lists to be there
    run("apt-get", "download", "prometheus");
    const [archive = ""] = readdirSync(unfinished).filter((name) => name.endsWith(".deb"));
    run("dpkg-deb", "-x", archive, ".");
    rmSync(folder, { recursive: true, force: true });
    assertStarts(join(unfinished, "usr/bin/promtool"));
    renameSync(unfinished, folder);
  } catch (cause) {
    throw new Error("promtool is missing: sudo apt-get install -y prometheus", { cause });
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return promtool;
}

/** The path of promtool. Throws if there is none. */
export function findPromtool(): string {
  try {
    assertStarts("promtool");
    return "promtool";
  } catch {
    return unpackDebianPackage();
  }
}
