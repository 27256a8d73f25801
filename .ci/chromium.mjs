// The Chromium of the playground's tests: CHROMIUM_PATH, the one on PATH, else Debian's, installed where we may. None is downloaded
// by npm. `npm test` calls this first, so that it is there; with --path it prints where, or fails.
import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function findChromium({ CHROMIUM_PATH, PATH = "" }) {
  if (CHROMIUM_PATH) return isExecutable(CHROMIUM_PATH) ? CHROMIUM_PATH : undefined;
  return PATH.split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find(isExecutable);
}

/** Debian and its kin, as root. */
const mayInstall = () => process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");

function install() {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const aptGet = (...args) => execFileSync("apt-get", args, { stdio: ["ignore", "ignore", "inherit"], env });
  console.error("There is no Chromium here: Debian's is installed for the playground's tests.");
  aptGet("update");
  aptGet("install", "-y", "--no-install-recommends", "chromium");
}

if (!findChromium(process.env) && !process.env.CHROMIUM_PATH && mayInstall()) {
  try {
    install();
  } catch (error) {
    console.error(error.message);
  }
}

const found = findChromium(process.env);
if (!found) console.error("The playground's tests need Chromium: install it, or set CHROMIUM_PATH to one.");
if (process.argv.includes("--path")) {
  if (!found) process.exit(1);
  console.log(found);
}
