// Installs Hive Gateway for the tests from its own lockfile, when that has changed. Nothing of it runs code while it is installed.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const folder = "test/federation/hive";
const lockfile = readFileSync(`${folder}/package-lock.json`, "utf8");
const stamp = `${folder}/node_modules/.installed`;
if (existsSync(stamp) && readFileSync(stamp, "utf8") === lockfile) process.exit(0);

console.log("installing Hive Gateway for the tests, once");
const { status } = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
  cwd: folder,
  stdio: "inherit",
});
if (status === 0) writeFileSync(stamp, lockfile);
// The other suites need none of it; its own one fails and says why.
else console.error("Hive Gateway could not be installed: test/federation/hive-gateway will fail");
