import { join } from "node:path";
import { type Composer, OUR_SDL, UNLICENSED_SDL } from "../gateways/compose";

const SCHEMA = join(__dirname, "../../../schema");

/** A router that is a program of its own, with the configuration of schema/routers that it is started with. */
export interface RouterKind {
  readonly title: string;
  /** The variable with the path of its program. */
  readonly variable: string;
  /** Undefined if it is not run: .ci/routers.mjs sets the variables. */
  readonly program: string | undefined;
  /** The version that it prints; undefined if .ci/test.mjs has not started this run. */
  readonly version: string | undefined;
  /** The file of schema/routers that it is started with, unchanged. */
  readonly config: string;
  readonly composer: Composer;
  /** Our SDL for its supergraph. */
  readonly sdl: string;
  /** Whether it starts without the keys of callers' tokens. */
  readonly canRunWithoutKeys: boolean;
  /** Variables without which it does not start. */
  readonly requiredVariables: readonly string[];
  /** Lines of its log that are not about its configuration. */
  readonly knownWarnings: readonly RegExp[];
  readonly describeStart: (files: RouterFiles, ports: RouterPorts) => RouterStart;
}

export interface RouterFiles {
  readonly config: string;
  readonly supergraph: string;
}

export interface RouterPorts {
  readonly clients: number;
  readonly health: number;
  readonly callbacks: number;
}

/** How a router is started, and the URL that responds with 200 once it can answer. */
export interface RouterStart {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly readyUrl: string;
}

export const ROUTERS: readonly RouterKind[] = [
  {
    title: "Apollo Router",
    variable: "APOLLO_ROUTER",
    program: process.env["APOLLO_ROUTER"],
    version: process.env["APOLLO_ROUTER_VERSION"],
    config: join(SCHEMA, "routers/apollo.yaml"),
    composer: "@apollo/composition",
    sdl: UNLICENSED_SDL,
    canRunWithoutKeys: true,
    requiredVariables: [
      "ROUTER_LISTEN",
      "ROUTER_HEALTH_LISTEN",
      "ROUTER_CORS_ORIGIN",
      "BENEFITS_PIX_URL",
      "BENEFITS_PIX_ROUTER_SECRET",
    ],
    knownWarnings: [/`apollo\.router\.session\.count\.active` metric is deprecated/],
    describeStart: ({ config, supergraph }, ports) => ({
      args: ["--config", config, "--supergraph", supergraph, "--log", "warn"],
      environment: {
        APOLLO_TELEMETRY_DISABLED: "true",
        ROUTER_LISTEN: `127.0.0.1:${ports.clients}`,
        ROUTER_HEALTH_LISTEN: `127.0.0.1:${ports.health}`,
      },
      readyUrl: `http://127.0.0.1:${ports.health}/health?ready`,
    }),
  },
  {
    title: "Hive Router",
    variable: "HIVE_ROUTER",
    program: process.env["HIVE_ROUTER"],
    version: process.env["HIVE_ROUTER_VERSION"],
    config: join(SCHEMA, "routers/hive.yaml"),
    composer: "@theguild/federation-composition",
    sdl: OUR_SDL,
    canRunWithoutKeys: false,
    requiredVariables: [
      "SUPERGRAPH_FILE",
      "BENEFITS_PIX_URL",
      "BENEFITS_PIX_ROUTER_SECRET",
      "AUTH_JWKS_URL",
      "ROUTER_CALLBACK_URL",
    ],
    knownWarnings: [],
    describeStart: ({ config, supergraph }, ports) => ({
      args: [],
      environment: {
        ROUTER_CONFIG_FILE_PATH: config,
        SUPERGRAPH_FILE: supergraph,
        ROUTER_HOST: "127.0.0.1",
        ROUTER_PORT: `${ports.clients}`,
      },
      readyUrl: `http://127.0.0.1:${ports.clients}/readiness`,
    }),
  },
];
