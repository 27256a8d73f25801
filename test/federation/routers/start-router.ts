import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../kit/free-port";
import { createTempDirectory } from "../../kit/temp";
import { AUDIENCE, ISSUER } from "../../kit/tokens/token-issuer";
import { waitFor } from "../../kit/wait-for";
import { compose, OUR_NAME, subgraphs } from "../gateways/compose";
import { type Gateway, type GatewayOptions } from "../gateways/gateway";
import { type RouterKind } from "./routers";

/** Ends the wait for a program that hangs. */
const START_TIMEOUT_MS = 180_000;

export interface Router extends Gateway {
  /** Everything that it has written so far. */
  readonly output: () => string;
  /** `kill -9`; resolves when it has ended. */
  readonly kill: () => Promise<void>;
}

export interface RouterOptions extends GatewayOptions {
  /** Instead of the file of schema/routers. */
  readonly config?: string;
  /** Replaces variables of its environment; undefined removes one. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Starts the router over our subgraph and the fixtures, with its shipped configuration. Throws with its output if it ends. */
export async function startRouter(kind: RouterKind, options: RouterOptions): Promise<Router> {
  const { urls, routerSecret, keysUrl, config = kind.config, environment = {} } = options;
  const { path: directory, remove: removeDirectory } = createTempDirectory("router");
  const supergraph = join(directory, "supergraph.graphql");
  writeFileSync(supergraph, compose(kind.composer, subgraphs(urls, kind.sdl)));
  const [clients, health, callbacks] = await Promise.all([freePort(), freePort(), freePort()]);
  const start = kind.describeStart({ config, supergraph }, { clients, health, callbacks });
  const child = spawn(kind.program ?? "", start.args, {
    cwd: directory,
    env: {
      HOME: directory,
      ROUTER_CORS_ORIGIN: "https://app.example.com",
      ROUTER_CALLBACK_LISTEN: `127.0.0.1:${callbacks}`,
      ROUTER_CALLBACK_URL: `http://127.0.0.1:${callbacks}/callback`,
      BENEFITS_PIX_URL: urls[OUR_NAME],
      BENEFITS_PIX_ROUTER_SECRET: routerSecret,
      AUTH_JWKS_URL: keysUrl,
      AUTH_ISSUER: ISSUER,
      AUTH_AUDIENCE: AUDIENCE,
      ...start.environment,
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const collect = (chunk: Buffer) => void (output += chunk.toString());
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const ended = once(child, "close").then(removeDirectory);

  async function kill(): Promise<void> {
    child.kill("SIGKILL");
    await ended;
  }
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const isReady = async () => (await fetch(start.readyUrl)).ok || undefined;
  const isUp = await waitFor(() => (hasEnded() ? false : isReady()), START_TIMEOUT_MS).catch(() => false);
  if (!isUp) {
    await kill();
    throw new Error(`${kind.title} did not start:\n${output}`);
  }
  return { url: `http://127.0.0.1:${clients}/graphql`, output: () => output, kill, stop: kill };
}
