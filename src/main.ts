import { type ChildProcess, fork } from "node:child_process";
import { extname, join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { createApp } from "./app/create-app";
import { type Config, ConfigError, loadConfig } from "./config/index";
import { createLogger } from "./platform/observability/logger";
import { logProcessEvents } from "./platform/observability/process-events";
import { describeStartFailure } from "./app/describe-start-failure";

// V8 lets garbage grow by the machine's memory, not by what is in use: a collection at twice of that keeps the process small.
setFlagsFromString("--heap-growing-percent=100");

const EXAMPLE_QUERY = "{ me { id currentOffer { status offer { name } } benefits { id name status } } }";

/** A port that nobody listens on is refused at once; a sandbox that is busy may take its time. */
const SANDBOX_TIMEOUT_MS = 10_000;

/** Whether a sandbox answers there already: several subgraphs may share one pair. */
async function isSandboxRunning(url: string): Promise<boolean> {
  const response = await fetch(`${url}/__sandbox/faults`, { signal: AbortSignal.timeout(SANDBOX_TIMEOUT_MS) }).catch(
    () => undefined,
  );
  return response?.ok ?? false;
}

/** Resolves when the child listens; rejects when it ends before that. Its own message is on stderr by then. */
function waitUntilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("message", () => {
      resolve();
    });
    child.once("exit", () => {
      reject(new ConfigError(["AVIBRA_SANDBOX_PORT, DELBANK_SANDBOX_PORT: the sandbox could not start there"]));
    });
  });
}

/**
 * Starts both simulated providers as a program of their own, so that their memory and their faults are not ours.
 * Joins a pair that is there already, and starts none where both base URLs lead elsewhere.
 */
async function startSandboxes(config: Config): Promise<ChildProcess | undefined> {
  const ports = [config.AVIBRA_SANDBOX_PORT, config.DELBANK_SANDBOX_PORT];
  const baseOrigins = [config.AVIBRA_BASE_URL, config.DELBANK_BASE_URL].map((url) => new URL(url).origin);
  const used = ports.map((port) => `http://127.0.0.1:${port}`).filter((origin) => baseOrigins.includes(origin));
  if (used.length === 0) return undefined;
  const found = await Promise.all(used.map(isSandboxRunning));
  if (found.every(Boolean)) return undefined;
  const child = fork(join(__dirname, "sandbox", `main${extname(__filename)}`), {
    env: { HOST: "127.0.0.1", AVIBRA_SANDBOX_PORT: `${ports[0]}`, DELBANK_SANDBOX_PORT: `${ports[1]}` },
  });
  try {
    await waitUntilReady(child);
    return child;
  } catch (error) {
    // Another subgraph that started at the same moment may have been first.
    const others = await Promise.all(used.map(isSandboxRunning));
    if (others.every(Boolean)) return undefined;
    throw error;
  }
}

/** Tells the simulated Avibra where its events go; of several subgraphs that share it, the one that came last. */
async function registerSandboxWebhook(config: Config, url: string): Promise<void> {
  const { AVIBRA_SANDBOX_PORT: port, AVIBRA_WEBHOOK_USERNAME: username, AVIBRA_WEBHOOK_PASSWORD: passwords } = config;
  if (new URL(config.AVIBRA_BASE_URL).origin !== `http://127.0.0.1:${port}`) return;
  await fetch(`${config.AVIBRA_BASE_URL}/__sandbox/webhooks/settings`, {
    method: "POST",
    body: JSON.stringify({ url: `${url}/webhooks/avibra`, username, password: passwords[0] }),
    signal: AbortSignal.timeout(1000),
  }).catch(() => undefined); // without it nothing is sent, which is no reason not to run
}

function formatWelcome(url: string, config: Config, token: string): string {
  const body = JSON.stringify({ query: EXAMPLE_QUERY });
  const router = config.ROUTER_SECRETS.length === 0 ? "" : ` \\\n  -H "router-authorization: $ROUTER_SECRET"`;
  return `
Subgraph    ${url}/graphql
${config.PLAYGROUND ? `Playground  ${url}/\n` : ""}Avibra      ${config.AVIBRA_BASE_URL}  (sandbox)
Delbank     ${config.DELBANK_BASE_URL}  (sandbox)

Developer token (member u-1001, 12 hours; others: GET ${url}/dev/token?sub=…):
${token}

Try:
curl ${url}/graphql -H 'content-type: application/json'${router} \\
  -H 'authorization: Bearer ${token}' \\
  -d '${body}'
`;
}

async function main(): Promise<void> {
  const config = loadConfig();
  const logger = createLogger(config.LOG_LEVEL);
  logProcessEvents(logger);
  for (const problem of config.warnings) logger.warn({ problem }, "configuration warning");
  const [sandboxes, app] = await Promise.all([
    config.isSandbox ? startSandboxes(config) : undefined,
    createApp(config, logger),
  ]);
  const url = await app.listen().catch((error: unknown) => {
    const { code, syscall } = error as { code?: unknown; syscall?: unknown };
    if (code === "EADDRINUSE") throw new ConfigError([`PORT: ${config.PORT} is in use`]);
    const isAddress = syscall === "listen" || syscall === "getaddrinfo";
    throw isAddress ? new ConfigError([`HOST, PORT: the address cannot be listened on (${String(code)})`]) : error;
  });
  logger.info({ url, providers: config.PROVIDERS }, "listening");
  if (config.isSandbox) await registerSandboxWebhook(config, url);
  const token = await app.developerToken();
  if (token !== undefined) process.stdout.write(formatWelcome(url, config, token));

  stop = async () => {
    logger.info("stopping");
    await app.stop();
    sandboxes?.disconnect(); // it ends by itself when we are gone
    logger.info("stopped");
  };
}

/** What a signal does first; while nothing runs yet, nothing. */
let stop: () => Promise<void> = () => Promise.resolve();
let isStopping = false;

function handleStopSignal(): void {
  if (isStopping) process.exit(1); // asked twice: at once
  isStopping = true;
  stop().then(
    () => process.exit(0),
    () => process.exit(1),
  );
}

for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, handleStopSignal);
main().catch((error: unknown) => {
  process.stderr.write(`${describeStartFailure(error)}\n`);
  process.exit(1);
});
