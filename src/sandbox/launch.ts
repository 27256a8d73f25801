import { type ChildProcess, fork } from "node:child_process";
import { extname, join } from "node:path";

// Starts the simulated providers for the subgraph, as a process of their own: their memory and their faults stay apart.

const EXAMPLE_QUERY = "{ me { id currentOffer { status offer { name } } benefits { id name status } } }";

/** A port that no process listens on refuses the connection immediately; a busy sandbox may need time. */
const PROBE_TIMEOUT_MS = 10_000;
const WEBHOOK_TIMEOUT_MS = 1000;

/** What the subgraph uses as a provider, and the port on which the sandbox would simulate it. */
interface ProviderAddress {
  readonly baseUrl: string;
  readonly sandboxPort: number;
}

export interface LaunchOptions {
  readonly avibra: ProviderAddress & { readonly webhookUsername: string; readonly webhookPasswords: readonly string[] };
  readonly delbank: ProviderAddress;
  /** The error to throw if the sandboxes do not start. Their own message is on stderr. */
  readonly createError: (problem: string) => Error;
}

export interface WelcomeOptions {
  readonly url: string;
  readonly token: string;
  readonly hasPlayground: boolean;
  readonly requiresRouterSecret: boolean;
}

const getSandboxOrigin = ({ sandboxPort }: ProviderAddress) => `http://127.0.0.1:${sandboxPort}`;
const usesSandbox = (provider: ProviderAddress) => new URL(provider.baseUrl).origin === getSandboxOrigin(provider);

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
      reject(createError("AVIBRA_SANDBOX_PORT, DELBANK_SANDBOX_PORT: the sandbox could not start on these ports"));
    });
  });
}

/** Starts the sandboxes that the subgraph uses, unless they run already. */
async function startChild({ avibra, delbank, createError }: LaunchOptions): Promise<ChildProcess | undefined> {
  const used = [avibra, delbank].filter(usesSandbox);
  const areRunning = async () => (await Promise.all(used.map(isSandboxRunning))).every(Boolean);
  if (await areRunning()) return undefined;
  const child = fork(join(__dirname, `main${extname(__filename)}`), {
    env: {
      HOST: "127.0.0.1",
      AVIBRA_SANDBOX_PORT: `${avibra.sandboxPort}`,
      DELBANK_SANDBOX_PORT: `${delbank.sandboxPort}`,
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

/** Registers the subgraph's webhook with the simulated Avibra; the subgraph that registered last receives the events. */
async function registerWebhook({ avibra }: LaunchOptions, url: string): Promise<void> {
  if (!usesSandbox(avibra)) return;
  const { baseUrl, webhookUsername: username, webhookPasswords } = avibra;
  await fetch(`${baseUrl}/__sandbox/webhooks/settings`, {
    method: "POST",
    body: JSON.stringify({ url: `${url}/webhooks/avibra`, username, password: webhookPasswords[0] }),
    signal: AbortSignal.timeout(WEBHOOK_TIMEOUT_MS),
  }).catch(() => undefined); // without it no events are sent; the subgraph works
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

/** Starts the simulated providers. Rejects with an error of `createError` if they do not start. */
export async function launchSandboxes(options: LaunchOptions) {
  const child = await startChild(options);
  return {
    registerWebhook: (url: string) => registerWebhook(options, url),
    formatWelcome: (welcome: WelcomeOptions) => formatWelcome(options, welcome),
    /** The sandbox process ends itself when it is disconnected. */
    stop: () => child?.disconnect(),
  };
}
