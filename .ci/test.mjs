// Runs the tests: node .ci/test.mjs [--all | --routers] [Jest's arguments]. By default, everything in test/**/*.test.ts but the routers'
// suites; with --all, the suites of heavy-suites.json at full size; with --routers, the routers' suites with the routers that are found.
// Prints what could not run and what a router does not offer, and fails if the run left a process or a file behind.
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findChromium } from "./chromium.mjs";
import { listProcesses } from "./processes.mjs";
import { findRouters, listNotOffered, noteOtherVersion } from "./routers.mjs";

const HEAVY_SUITES = JSON.parse(readFileSync(".ci/heavy-suites.json", "utf8")).map(({ suite }) => suite);
/** Most suites wait more than they compute. */
const WORKERS_PER_CORE = 2;
const WORKER_OPTION = /^(-i|-w|--runInBand|--maxWorkers)/;
const BROWSER_SUITES = "/test/playground/browser/";

const ROVER_SUITE = "/test/federation/rover.test.ts";
/** test/federation/rover has Rover for these machines only. */
const hasRover = process.platform === "linux" && process.arch === "x64";
const ROUTER_SUITES = "/test/federation/routers/";

const option = ["--all", "--routers"].find((name) => name === process.argv[2]);
const [isAll, isRouters] = [option === "--all", option === "--routers"];
const ownArgs = process.argv.slice(option ? 3 : 2);
const args = [...ownArgs, ...(isAll ? HEAVY_SUITES : []), ...(isRouters ? [ROUTER_SUITES] : [])];
const resultName = [".jest-results", option?.slice(2)].filter(Boolean).join("-");

const chromium = isRouters ? {} : findChromium();
const routers = isRouters ? findRouters() : [];
const notRun = [
  ...(!isRouters && !chromium.path
    ? [`not run: the playground's tests in a browser (${chromium.reason}); to run them: ${chromium.command}`]
    : []),
  ...(!option && !hasRover ? ["not run: `rover subgraph introspect` (on x64 Linux only)"] : []),
  ...routers.flatMap(({ title, reason }) => (reason ? [`not run: ${title} (${reason})`] : [])),
  ...routers.flatMap(noteOtherVersion),
];
const found = routers.filter(({ path }) => path);
const isBroken = routers.some((router) => router.isBroken); // its variable names a program that is not this router
const ignoredRouterSuites = isRouters
  ? routers.flatMap(({ path, suite }) => (path || !suite ? [] : [ROUTER_SUITES + suite]))
  : [ROUTER_SUITES];
const routersRun = found.map(({ title, version, path }) => `run: ${title} ${version} (${path})`);
for (const line of routersRun) console.log(line);
if (isRouters && found.length === 0) {
  for (const line of notRun) console.log(line);
  writeFileSync(`${resultName}.not-run.txt`, notRun.map((line) => `${line}\n`).join(""));
  process.exit(isBroken ? 1 : 0);
}

const root = mkdtempSync(join(tmpdir(), "benefits-run-"));
chmodSync(root, 0o711); // other users may enter it: PostgreSQL does not run as root

/** Runs Jest in a process group of its own, so that what it leaves behind can be found. Resolves with its exit code. */
function runJest() {
  const jest = spawn(
    process.execPath,
    [
      ...["--experimental-vm-modules", "--disable-warning=ExperimentalWarning", "node_modules/jest/bin/jest.js"],
      ...args, // before the options: one that takes a list would take them, too
      ...(args.some((arg) => WORKER_OPTION.test(arg))
        ? []
        : [`--maxWorkers=${WORKERS_PER_CORE * availableParallelism()}`]),
      ...["--config", ".ci/jest.config.json", "--json", "--outputFile", `${resultName}.json`],
      ...(chromium.path ? [] : [`--testPathIgnorePatterns=${BROWSER_SUITES}`]),
      ...(hasRover ? [] : [`--testPathIgnorePatterns=${ROVER_SUITE}`]),
      ...ignoredRouterSuites.map((suite) => `--testPathIgnorePatterns=${suite}`),
    ],
    {
      detached: true,
      stdio: ["ignore", "inherit", "inherit"],
      env: {
        ...process.env,
        TMPDIR: root,
        ...(chromium.path && { CHROMIUM_PATH: chromium.path }),
        ...(isAll && { TEST_ALL: "true" }),
        ...Object.fromEntries(found.map(({ variable, path }) => [variable, path])),
        ...Object.fromEntries(found.map(({ variable, version }) => [`${variable}_VERSION`, version])),
      },
    },
  );
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.kill(-jest.pid, signal));
  return new Promise((resolve) => {
    jest.once("close", (code) => resolve({ code: code ?? 1, group: jest.pid }));
  });
}

/** What still runs 30 s after Jest has ended: a process whose parent was killed needs a moment to notice. */
async function findLeftProcesses(group) {
  for (let attempt = 1; ; attempt += 1) {
    const found = listProcesses({ group, path: root });
    if (found.length === 0 || attempt === 300) return found;
    await sleep(100);
  }
}

const { code, group } = await runJest();
const complaints = [];
for (const { pid, command } of await findLeftProcesses(group)) {
  complaints.push(`left behind: process ${pid} (${command})`);
  process.kill(pid, "SIGKILL");
}
const files = readdirSync(root);
if (files.length > 0) complaints.push(`left behind: ${files.join(", ")} in the temporary directory`);
rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });

const limitations = [...routersRun, ...notRun, ...found.flatMap(listNotOffered)];
for (const line of [...complaints, ...limitations]) console.log(line);
writeFileSync(`${resultName}.not-run.txt`, limitations.map((line) => `${line}\n`).join(""));
process.exit(complaints.length > 0 || isBroken ? 1 : code);
