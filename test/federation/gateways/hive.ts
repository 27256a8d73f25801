import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AUDIENCE, ISSUER } from "../../kit/tokens/token-issuer";
import { waitFor } from "../../kit/wait-for";
import { freePort } from "../../kit/free-port";
import { compose, subgraphs } from "./compose";
import { type GatewayOptions, type StartGateway } from "./gateway";
import { createTempDirectory } from "../../kit/temp";

const FOLDER = join(__dirname, "../hive");
const PROGRAM = join(FOLDER, "node_modules/@graphql-hive/gateway/dist/bin.js");

/** Ends the wait for a program that hangs. */
const START_TIMEOUT_MS = 180_000;

type Planner = "JavaScript" | "Rust";

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function startHiveGateway(planner: Planner, { urls, routerSecret = "", keysUrl = "" }: GatewayOptions) {
  if (!existsSync(PROGRAM))
    throw new Error("Hive Gateway is not installed; to install it: node .ci/install-locked.mjs test/federation/hive");
  const { path: directory, remove: removeDirectory } = createTempDirectory("hive");
  const supergraph = join(directory, "supergraph.graphql");
  writeFileSync(supergraph, compose("@theguild/federation-composition", subgraphs(urls)));
  const port = await freePort();
  const options = ["--config-path", join(FOLDER, "gateway.config.mjs"), "--host", "127.0.0.1", "--port", `${port}`];
  const child = spawn(
    process.execPath,
    [PROGRAM, "supergraph", supergraph, ...options, ...(planner === "Rust" ? ["--hive-router-runtime"] : [])],
    {
      cwd: FOLDER,
      env: { PATH: process.env["PATH"], ROUTER_SECRET: routerSecret, JWKS_URL: keysUrl, ISSUER, AUDIENCE },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  const collect = (chunk: Buffer) => void (output += chunk.toString());
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill); // also if the tests end early
  const end = new Promise<void>((resolve) =>
    child.once("close", () => {
      process.off("exit", kill);
      resolve();
    }),
  );
  let isStopping = false;
  const failure = end.then(() => {
    if (isStopping) return new Promise<never>(() => undefined);
    throw new Error(`Hive Gateway ended:\n${output}`);
  });
  failure.catch(() => undefined); // few wait for it

  async function stop() {
    isStopping = true;
    kill();
    await end;
    removeDirectory();
  }

  const isUp = await waitFor(async () => {
    if (hasEnded(child)) return false;
    return (await fetch(`http://127.0.0.1:${port}/readiness`)).ok || undefined;
  }, START_TIMEOUT_MS).catch(() => false);
  // If the Rust planner cannot be loaded, it starts with the other one, which only its log shows.
  if (!isUp || output.includes("Could not load")) {
    await stop();
    throw new Error(`Hive Gateway did not start:\n${output}`);
  }
  return { url: `http://127.0.0.1:${port}/graphql`, failure, stop };
}

/** Serves our subgraph and the fixtures through Hive Gateway with this planner, as a program of its own. */
export const hiveGateway =
  (planner: Planner): StartGateway =>
  (options) =>
    startHiveGateway(planner, options);
