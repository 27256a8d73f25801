import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AUDIENCE, ISSUER } from "../../kit/tokens/token-issuer";
import { freePort } from "../../kit/free-port";
import { createTempDirectory } from "../../kit/temp";
import { compose, subgraphs } from "./compose";
import { type Gateway, type GatewayOptions, type StartGateway } from "./gateway";
import { startGatewayProgram } from "./gateway-program";

const FOLDER = join(__dirname, "../hive");
const PROGRAM = join(FOLDER, "node_modules/@graphql-hive/gateway/dist/bin.js");

type Planner = "JavaScript" | "Rust";

/** How it subscribes at our subgraph. */
type Transport = "ws" | "sse";

async function startHiveGateway(
  planner: Planner,
  transport: Transport,
  { urls, routerSecret = "", keysUrl = "" }: GatewayOptions,
): Promise<Gateway> {
  if (!existsSync(PROGRAM))
    throw new Error("Hive Gateway is not installed; to install it: node .ci/install-locked.mjs test/federation/hive");
  const { path: directory, remove: removeDirectory } = createTempDirectory("hive");
  const supergraph = join(directory, "supergraph.graphql");
  writeFileSync(supergraph, compose("@theguild/federation-composition", subgraphs(urls)));
  const port = await freePort();
  const options = ["--config-path", join(FOLDER, "gateway.config.mjs"), "--host", "127.0.0.1", "--port", `${port}`];
  try {
    const { url, failure, output, stop } = await startGatewayProgram({
      title: "Hive Gateway",
      program: process.execPath,
      args: [PROGRAM, "supergraph", supergraph, ...options, ...(planner === "Rust" ? ["--hive-router-runtime"] : [])],
      cwd: FOLDER,
      env: {
        PATH: process.env["PATH"],
        ROUTER_SECRET: routerSecret,
        JWKS_URL: keysUrl,
        ISSUER,
        AUDIENCE,
        SUBSCRIPTIONS: transport,
      },
      url: `http://127.0.0.1:${port}/graphql`,
      readyUrl: `http://127.0.0.1:${port}/readiness`,
    });
    const stopAndRemove = () => stop().finally(removeDirectory);
    if (!output().includes("Could not load")) return { url, failure, stop: stopAndRemove };
    // If the Rust planner cannot be loaded, it starts with the other one, which only its log shows.
    await stop();
    throw new Error(`Hive Gateway started with another planner:\n${output()}`);
  } catch (error) {
    removeDirectory();
    throw error;
  }
}

/** Serves our subgraph and the fixtures through Hive Gateway with this planner, as a program of its own. */
export const hiveGateway =
  (planner: Planner, transport: Transport = "ws"): StartGateway =>
  (options) =>
    startHiveGateway(planner, transport, options);
