// Runs every static check, even if one fails, and exits with code 1 if any failed.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const scripts = Object.keys(JSON.parse(readFileSync("package.json", "utf8")).scripts);
const failed = scripts
  .filter((name) => name.startsWith("check:"))
  .filter((name) => {
    console.log(`\n> ${name}`);
    return spawnSync("npm", ["run", "--silent", name], { stdio: "inherit" }).status !== 0;
  });

console.log(failed.length === 0 ? "\nevery check passed" : `\nfailed: ${failed.join(", ")}`);
process.exit(failed.length === 0 ? 0 : 1);
