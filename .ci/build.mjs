// Builds dist/: the program with tsc, the playground's page and the reference with esbuild. With --if-needed, only if a source is newer.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const stamp = "dist/.built";
const inputs = ["src", "schema", "package-lock.json", "tsconfig.json", ".ci/tsconfig.build.json", ".ci/build.mjs"];

/** Newest modification time (ms since 1970) below a path. */
const newest = (path) => {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), stat.mtimeMs);
};

const isCurrent = existsSync(stamp) && statSync(stamp).mtimeMs >= Math.max(...inputs.map(newest));
if (process.argv.includes("--if-needed") && isCurrent) process.exit(0);

rmSync("dist", { recursive: true, force: true });
const run = (...args) => execFileSync(process.execPath, args, { stdio: "inherit" });
run("node_modules/typescript/bin/tsc", "-p", ".ci/tsconfig.build.json");
run("--import", "tsx", "src/playground/bundle.ts", "dist/playground/assets");
writeFileSync(stamp, "");
