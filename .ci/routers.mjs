// Finds routers for test/federation/routers: the program that its variable names, otherwise the first of its name on the PATH. The project
// contains none of them; docs/platform/router.md says how they are built.
import { spawnSync } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

const VERSION_TIMEOUT_MS = 60_000;

const ROUTERS = [
  {
    title: "Apollo Router",
    variable: "APOLLO_ROUTER",
    buildVariable: "APOLLO_ROUTER_BUILD",
    commands: ["apollo-router", "router"],
    suite: "apollo-",
  },
  {
    title: "Hive Router",
    variable: "HIVE_ROUTER",
    buildVariable: "HIVE_ROUTER_BUILD",
    commands: ["hive-router", "hive_router"],
    suite: "hive-",
  },
  { title: "Cosmo Router", variable: "COSMO_ROUTER", commands: ["cosmo-router"] },
];

const FAILURES = ".ci/router-failures.json";

/** A line if the documentation shows the failures of another version of this router. */
export function noteOtherVersion({ title, version }) {
  const recorded = JSON.parse(readFileSync(FAILURES, "utf8")).versions[title];
  const isOther = version !== undefined && version !== recorded;
  return isOther ? [`${title} is ${version}, and the documentation's table of failures is of ${recorded}`] : [];
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function findOnPath(commands) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return commands.flatMap((command) => folders.map((folder) => join(folder, command))).find(isExecutable);
}

/** The version that a router prints; undefined if the program is not that router. */
function readVersion({ title, path }) {
  const hasVersionOption = title === "Apollo Router";
  const { stdout } = spawnSync(path, hasVersionOption ? ["--version"] : [], {
    encoding: "utf8",
    timeout: VERSION_TIMEOUT_MS,
    killSignal: "SIGKILL",
    // Hive Router has no option for it: it logs its version, then ends because there is no such address.
    env: { SUPERGRAPH_FILE_PATH: "/dev/null", HOST: "256.0.0.1", PORT: "0" },
  });
  return /^(\d+\.\d+\.\S+)$/m.exec(stdout)?.[1] ?? /"version":"([^"]+)"/.exec(stdout)?.[1];
}

/** By router: its program and version, or the reason why it is not run; and how the names of the suites begin that only it can run. */
export function findRouters() {
  return ROUTERS.map(({ title, variable, buildVariable, commands, suite }) => {
    const router = { title, variable, buildVariable, suite };
    const given = process.env[variable];
    const path = given ? given : findOnPath(commands);
    if (!path) return { ...router, reason: `set ${variable}, or put ${commands[0]} on the PATH` };
    if (!suite) return { ...router, reason: "nothing here can start it" };
    const isBroken = Boolean(given);
    if (!isExecutable(path)) return { ...router, reason: `${variable}: ${path} is not a program`, isBroken };
    const version = readVersion({ title, path });
    return version ? { ...router, path, version } : { ...router, reason: `${path} prints no version`, isBroken };
  });
}

const NOT_OFFERED = "test/federation/routers/not-offered.json";

/** A line for each claim that a router does not offer, with its own words. */
export function listNotOffered({ title, version }) {
  return JSON.parse(readFileSync(NOT_OFFERED, "utf8")).flatMap(({ claim, refusals }) =>
    refusals[title] ? [`not offered by ${title} ${version}: ${claim} (${refusals[title]})`] : [],
  );
}
