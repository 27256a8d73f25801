import { mkdtempSync, rmSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSandboxes } from "../../../src/sandbox";
import { type SandboxControl, createSandboxControl } from "../sandbox-control";
import { AUDIENCE, ISSUER, type TokenIssuer, startTokenIssuer } from "../tokens/token-issuer";
import { liveVariables } from "./live-variables";
import { SECRETS } from "../security/canary-values";
import { type Program, startProgram } from "./program";
import { waitFor } from "../wait-for";
import { freePort } from "../free-port";

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
    AVIBRA_TIMEOUT_MS: "500",
    DELBANK_BASE_URL: `${delbank.url}/baas/api/v1`,
    DELBANK_API_KEY: SECRETS.delbankApiKey,
    DELBANK_AUTHORIZATION: SECRETS.delbankAuthorization,
    DELBANK_TIMEOUT_MS: "500",
    RECONCILE_INTERVAL_MS: "200",
    SHUTDOWN_DELAY_MS: "0",
  };
}

export interface RequestOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** The running program, and everything it has ever answered. */
export interface LiveProgram extends Program {
  readonly responses: string[];
  send(options: RequestOptions): Promise<string>;
  graphql(token: string, query: string, extra?: Record<string, unknown>): Promise<any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- JSON
}

/** Waits until the program listens. */
async function toLiveProgram(program: Program, port: number): Promise<LiveProgram> {
  const responses: string[] = [];
  /** Over node:http, which sends what fetch would mend. */
  const send = ({ method = "POST", path = "/graphql", headers = {}, body }: RequestOptions) =>
    new Promise<string>((resolve, reject) => {
      const allHeaders = {
        "router-authorization": SECRETS.routerSecret,
        "content-type": "application/json",
        ...headers,
      };
      const request = httpRequest(
        { host: "127.0.0.1", port, method, path, headers: allHeaders, agent: false },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () => {
            const text = Buffer.concat(chunks).toString();
            responses.push([response.statusCode, response.rawHeaders.join("\n"), text].join("\n"));
            resolve(text);
          });
        },
      );
      request.on("error", reject).end(body);
    });
  await waitFor(() => (program.output().includes('"listening"') ? true : undefined)).catch(() => {
    throw new Error(program.output());
  });
  return {
    ...program,
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
  const folder = mkdtempSync(join(tmpdir(), "live-"));
  const started: Program[] = [];
  /** Starts the program and does not wait. */
  function run(environment: Readonly<Record<string, string>>): Program {
    const program = startProgram(environment);
    started.push(program);
    return program;
  }
  return {
    ...dependencies,
    /** For files of the test's own; deleted in the end. */
    folder,
    run,
    environment: (databaseUrl: string) => createLiveVariables(dependencies, databaseUrl),
    async start(environment: Readonly<Record<string, string>>): Promise<LiveProgram> {
      const port = await freePort();
      return toLiveProgram(run({ ...environment, PORT: `${port}` }), port);
    },
    /** Ends what still runs, so that a test that fails leaves nothing behind. */
    async stop() {
      for (const program of started) program.process.kill("SIGKILL");
      await Promise.all(started.map(({ exit }) => exit));
      await keyServer.close();
      rmSync(folder, { recursive: true });
      await sandboxes.close();
    },
  };
}
