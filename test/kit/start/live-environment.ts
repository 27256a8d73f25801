import { startSandboxes } from "../../../src/sandbox";
import { type SandboxControl, createSandboxControl } from "../sandbox-control";
import { AUDIENCE, ISSUER, type TokenIssuer, startTokenIssuer } from "../tokens/token-issuer";
import { liveVariables } from "./live-variables";
import { SECRETS } from "../security/canary-values";
import { type Program, type RunningProgram, spawnProgram, startProgram } from "./program";
import { type RequestOptions, sendRequest } from "../http/request";
import { createTempDirectory } from "../temp";
import { waitFor } from "../wait-for";

interface Dependencies {
  readonly avibra: SandboxControl;
  readonly delbank: SandboxControl;
  readonly keyServer: TokenIssuer;
}

function createLiveVariables(
  { avibra, delbank, keyServer }: Dependencies,
  databaseUrl: string,
): Record<string, string> {
  return {
    ...liveVariables(avibra.url),
    PROVIDERS: "live",
    LOG_LEVEL: "trace",
    DATABASE_URL: databaseUrl,
    LEDGER_KEY: SECRETS.ledgerKey,
    ROUTER_SECRETS: `another-secret-of-at-least-32-characters,${SECRETS.routerSecret}`,
    AUTH_JWKS_URL: `${keyServer.url}?key=${SECRETS.jwksQuery}`,
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
    AVIBRA_BASE_URL: avibra.url,
    AVIBRA_CLIENT_SECRET: SECRETS.clientSecret,
    AVIBRA_API_KEY: SECRETS.avibraApiKey,
    AVIBRA_LINK_PASSWORD: SECRETS.linkPassword,
    AVIBRA_PORTAL_URL: "https://portal.test/",
    AVIBRA_WEBHOOK_USERNAME: "webhook",
    AVIBRA_WEBHOOK_PASSWORD: SECRETS.webhookPassword,
    DELBANK_BASE_URL: `${delbank.url}/baas/api/v1`,
    DELBANK_API_KEY: SECRETS.delbankApiKey,
    DELBANK_AUTHORIZATION: SECRETS.delbankAuthorization,
    RECONCILE_INTERVAL_MS: "200",
    SHUTDOWN_DELAY_MS: "0",
  };
}

export interface LiveRequest extends RequestOptions {
  /** Default: `/graphql`. */
  readonly path?: string;
}

/** The running program, and every response that it has sent. */
export interface LiveProgram extends Program {
  /** Status, headers and body of each response, as text. */
  readonly responses: string[];
  /** Sends one request with the router's secret, unless its headers have another; the response's body. */
  send(request: LiveRequest): Promise<string>;
  graphql(token: string, query: string, extra?: Record<string, unknown>): Promise<any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- JSON
}

function toLiveProgram(program: RunningProgram): LiveProgram {
  const responses: string[] = [];
  async function send({ path = "/graphql", headers, ...rest }: LiveRequest): Promise<string> {
    const allHeaders = { "router-authorization": SECRETS.routerSecret, ...headers };
    const response = await sendRequest(program.url + path, { ...rest, headers: allHeaders, keepAlive: false });
    responses.push([response.status, response.rawHeaders.join("\n"), response.text].join("\n"));
    return response.text;
  }
  return {
    process: program.process,
    output: program.output,
    exit: program.exit,
    responses,
    send,
    graphql: async (token, query, extra) => {
      const body = JSON.stringify({ query, ...extra });
      return JSON.parse(await send({ headers: { authorization: `Bearer ${token}` }, body }));
    },
  };
}

export type LiveEnvironment = Awaited<ReturnType<typeof startLiveEnvironment>>;

/** The built program in live mode: an issuer of tokens, the simulated providers in the place of the real ones, planted credentials. */
export async function startLiveEnvironment() {
  const [sandboxes, keyServer] = await Promise.all([
    startSandboxes({ avibraPort: 0, delbankPort: 0 }),
    startTokenIssuer(),
  ]);
  const dependencies = {
    avibra: createSandboxControl(sandboxes.avibra.url),
    delbank: createSandboxControl(sandboxes.delbank.url),
    keyServer,
  };
  const directory = createTempDirectory("live");
  const started: Program[] = [];
  return {
    ...dependencies,
    /** For files of the test's own; deleted in the end. */
    folder: directory.path,
    /** Starts the program and does not wait. */
    run(environment: Readonly<Record<string, string>>): Program {
      const program = spawnProgram(environment);
      started.push(program);
      return program;
    },
    environment: (databaseUrl: string) => createLiveVariables(dependencies, databaseUrl),
    async start(environment: Readonly<Record<string, string>>): Promise<LiveProgram> {
      const program = await startProgram(environment);
      started.push(program);
      // The log line of the request that found it live: what a test reads of the output afterwards is its own.
      await waitFor(() => program.output().includes('"/health/live"') || undefined);
      return toLiveProgram(program);
    },
    /** Ends every program that is still running, also after a failed test. */
    async stop() {
      for (const program of started) program.process.kill("SIGKILL");
      await Promise.all(started.map(({ exit }) => exit));
      await keyServer.close();
      directory.remove();
      await sandboxes.close();
    },
  };
}
