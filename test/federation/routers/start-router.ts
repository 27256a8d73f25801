import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../kit/free-port";
import { createTempDirectory } from "../../kit/temp";
import { AUDIENCE, ISSUER } from "../../kit/tokens/token-issuer";
import { compose, OUR_NAME, subgraphs } from "../gateways/compose";
import { type GatewayOptions } from "../gateways/gateway";
import { type GatewayProgram, startGatewayProgram } from "../gateways/gateway-program";
import { type RouterKind } from "./routers";

export type Router = GatewayProgram;

export interface RouterOptions extends GatewayOptions {
  /** Instead of the file of schema/routers. */
  readonly config?: string;
  /** Instead of the supergraph of our subgraph and the fixtures. */
  readonly supergraphSdl?: string;
  /** Replaces variables of its environment; undefined removes one. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Starts the router, by default over our subgraph and the fixtures and with its shipped configuration. Throws with its output if it ends. */
export async function startRouter(kind: RouterKind, options: RouterOptions): Promise<Router> {
  const { urls, routerSecret, keysUrl, config = kind.config, environment = {} } = options;
  const { supergraphSdl = compose(kind.composer, subgraphs(urls, kind.sdl)) } = options;
  const { path: directory, remove: removeDirectory } = createTempDirectory("router");
  const supergraph = join(directory, "supergraph.graphql");
  writeFileSync(supergraph, supergraphSdl);
  const [clients, health, callbacks] = await Promise.all([freePort(), freePort(), freePort()]);
  const start = kind.describeStart({ config, supergraph }, { clients, health, callbacks });
  const router = await startGatewayProgram({
    title: kind.title,
    program: kind.program ?? "",
    args: start.args,
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
    url: `http://127.0.0.1:${clients}/graphql`,
    readyUrl: start.readyUrl,
  }).catch((error: unknown) => {
    removeDirectory();
    throw error;
  });
  return { ...router, stop: () => router.stop().finally(removeDirectory) };
}
