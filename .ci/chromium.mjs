// Finds Chromium for the playground's tests: CHROMIUM_PATH, then the PATH, then Debian's package, which it installs if it runs as root.
// npm downloads none. `npm test` runs this first; with --path it prints the path, or fails.
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

/** Installs the package on Debian or a derivative, as root. */
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
