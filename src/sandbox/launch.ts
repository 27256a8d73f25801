import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { extname, join, resolve } from "node:path";
import {
  createSandboxProviders,
  getSandboxOrigin,
  type ProviderAddress,
  type SandboxProvidersOptions,
  usesSandbox,
} from "./sandbox-providers";

// Starts the simulated providers for the subgraph, as a process of their own: their memory and their faults stay apart.

const EXAMPLE_QUERY = "{ me { id currentOffer { status offer { name } } benefits { id name status } } }";

/** A port that no process listens on refuses the connection immediately; a busy sandbox may need time. */
const PROBE_TIMEOUT_MS = 10_000;

export interface LaunchOptions extends SandboxProvidersOptions {
  /** The state of the providers is stored beside a SQLite file; otherwise they start from their seeds. */
  readonly databaseUrl: string;
  /** The error to throw if the sandboxes do not start. Their own message is on stderr. */
  readonly createError: (problem: string) => Error;
}

const SQLITE_SCHEME = "sqlite:";

export interface WelcomeOptions {
  readonly url: string;
  readonly token: string;
  readonly hasPlayground: boolean;
  readonly requiresRouterSecret: boolean;
}

function getStateFile(databaseUrl: string): string | undefined {
  const file = databaseUrl.slice(SQLITE_SCHEME.length);
  return databaseUrl.startsWith(SQLITE_SCHEME) && file !== ":memory:" ? `${resolve(file)}.sandbox.json` : undefined;
}

/** Several subgraphs may share one pair of sandboxes. */
async function isSandboxRunning(provider: ProviderAddress): Promise<boolean> {
  const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
  const response = await fetch(`${getSandboxOrigin(provider)}/__sandbox/faults`, { signal }).catch(() => undefined);
  return response?.ok ?? false;
}

function waitUntilReady(child: ChildProcess, createError: LaunchOptions["createError"]): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("message", () => {
      resolve();
    });
    child.once("exit", () => {
      reject(createError("PROVIDERS: the simulated providers could not start; the line above says why"));
    });
  });
}

/** Starts the sandboxes that the subgraph uses, unless they run already. */
async function startChild({
  avibra,
  delbank,
  databaseUrl,
  createError,
}: LaunchOptions): Promise<ChildProcess | undefined> {
  const used = [avibra, delbank].filter(usesSandbox);
  const areRunning = async () => (await Promise.all(used.map(isSandboxRunning))).every(Boolean);
  if (await areRunning()) return undefined;
  const stateFile = getStateFile(databaseUrl);
  const child = fork(join(__dirname, `main${extname(__filename)}`), {
    env: {
      HOST: "127.0.0.1",
      AVIBRA_SANDBOX_PORT: `${avibra.sandboxPort}`,
      DELBANK_SANDBOX_PORT: `${delbank.sandboxPort}`,
      ...(stateFile !== undefined && { SANDBOX_STATE_FILE: stateFile }),
    },
  });
  try {
    await waitUntilReady(child, createError);
    return child;
  } catch (error) {
    if (await areRunning()) return undefined; // another subgraph that started at the same moment was first
    throw error;
  }
}

function formatWelcome({ avibra, delbank }: LaunchOptions, options: WelcomeOptions): string {
  const { url, token, hasPlayground, requiresRouterSecret } = options;
  const body = JSON.stringify({ query: EXAMPLE_QUERY });
  const router = requiresRouterSecret ? ` \\\n  -H "router-authorization: $ROUTER_SECRET"` : "";
  return `
Subgraph    ${url}/graphql
${hasPlayground ? `Playground  ${url}/\n` : ""}Avibra      ${avibra.baseUrl}  (sandbox)
Delbank     ${delbank.baseUrl}  (sandbox)

Developer token (member u-1001, 12 hours; others: GET ${url}/dev/token?sub=…):
${token}

Try:
curl ${url}/graphql -H 'content-type: application/json'${router} \\
  -H 'authorization: Bearer ${token}' \\
  -d '${body}'
`;
}

/** Starts the simulated providers. `started` rejects with an error of `createError` if they do not start. */
export function launchSandboxes(options: LaunchOptions) {
  const child = startChild(options);
  return {
    started: child,
    sandboxProviders: createSandboxProviders(options),
    formatWelcome: (welcome: WelcomeOptions) => formatWelcome(options, welcome),
    /** Resolves when the sandbox process has ended, so that a next start does not find it. It ends itself when it is disconnected. */
    async stop(): Promise<void> {
      const process = await child;
      if (!process?.connected) return;
      const exited = once(process, "exit");
      process.disconnect();
      await exited;
    },
  };
}
