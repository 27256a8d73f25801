// Installs the given folders from their own lockfiles, if those changed. No package runs code during its installation.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

for (const folder of process.argv.slice(2)) {
  const lockfile = readFileSync(`${folder}/package-lock.json`, "utf8");
  const stamp = `${folder}/node_modules/.installed`;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lockfile) continue;

  console.log(`installing ${folder}, once`);
  const { status } = spawnSync("npm", ["ci", ...options], { cwd: folder, stdio: "inherit" });
  if (status === 0) writeFileSync(stamp, lockfile);
  // Only this folder's own suite needs the packages; it fails and reports the reason.
  else console.error(`${folder} could not be installed: its test will fail`);
}
