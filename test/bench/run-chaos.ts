import { setTimeout as sleep } from "node:timers/promises";
import { createSandboxControl } from "../kit/sandbox-control";
import {
  createRequests,
  generateFault,
  type GeneratedRequest,
  MORE_AUTHORIZATIONS,
  PRINCIPALS,
  seededRandom,
} from "./chaos-generator";
import {
  findDuplicateCommits,
  isUnsettled,
  readOperations,
  findResentRequests,
  findFalseResults,
} from "./chaos-checks";
import { quantile, residentMb } from "./figures";
import { type ClosedLoop, type Rate, runAtRate, runInClosedLoop } from "./constant-rate";
import { startSandboxProgram } from "../kit/start/sandbox-program";
import { startSubgraphProcess, type SubgraphProcess } from "./subgraph-process";
import { createTempDirectory } from "../kit/temp";

export interface ChaosOptions {
  /** The same seed draws the same requests and faults; when they meet is the machine's. */
  readonly seed: number;
  /** At a fixed rate, or as fast as requests are answered. */
  readonly load: Rate | ClosedLoop<ChaosOutcome>;
  /** Whether mutations are among them that Avibra may refuse; what is then lost takes up to two minutes to be known. */
  readonly includesRefusals: boolean;
  /** Changes `ENVIRONMENT`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A request without an answer for so long has none; four deadlines by default. */
  readonly givenUpMs?: number;
}

export type ChaosReport = Awaited<ReturnType<typeof runChaos>>;

const TIMEOUT_MS = 2500;
/** What an answer may take beyond its deadline, for the machine's sake. */
const GRACE_MS = 1000;
/** Short windows, so that what was lost is found out soon. */
const ENVIRONMENT = {
  AVIBRA_TIMEOUT_MS: "800",
  DELBANK_TIMEOUT_MS: "800",
  REQUEST_TIMEOUT_MS: `${TIMEOUT_MS}`,
  OPERATION_LEASE_MS: "3000",
  RECONCILE_INTERVAL_MS: "100",
  SEND_WINDOW_MS: "4000",
  CONFIRMATION_WINDOW_MS: "4000",
  BREAKER_OPEN_MS: "500",
  LOG_LEVEL: "warn",
};
const CLIENT_TIMEOUT_MS = 4 * TIMEOUT_MS;
/** A new fault comes after so much time, or in a closed loop after so many requests. */
const FAULT_EVERY_MS = 150;
const FAULT_EVERY_REQUESTS = 5;
/** How often the memory is read. */
const MEMORY_EVERY_REQUESTS = 200;
const PAUSE_EVERY_FAULTS = 14;
/** Longer than a refusal takes to be believed, and the reconciler to look once more. */
const SETTLED_WITHIN_MS = 150_000;

/** What one request came to; see `toResultCode`. */
export interface ChaosOutcome {
  readonly code: string;
  readonly durationMs: number;
}

interface GraphqlResponse {
  readonly data?: Readonly<Record<string, { userErrors?: { code: string }[]; operation?: { status: string } } | null>>;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

const NO_RESPONSE = "no answer";

/** What one request came to: an error's code, else for a mutation its user error or status, else `fine`. */
function toResultCode({ data, errors }: GraphqlResponse, isMutation: boolean): string {
  if (errors?.[0]) return errors[0].extensions.code;
  const payload = isMutation ? Object.values(data ?? {})[0] : undefined;
  if (!payload) return "fine";
  return `mutation: ${payload.userErrors?.[0]?.code ?? payload.operation?.status ?? "?"}`;
}

interface Client {
  readonly url: string;
  readonly token: string;
  readonly givenUpMs: number;
}

async function send(client: Client, { query, variables, isMutation }: GeneratedRequest): Promise<ChaosOutcome> {
  const { url, token, givenUpMs } = client;
  const startedAt = performance.now();
  const code = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(givenUpMs),
  })
    .then(async (response) => toResultCode((await response.json()) as GraphqlResponse, isMutation))
    .catch(() => NO_RESPONSE);
  return { code, durationMs: performance.now() - startedAt };
}

async function sendLoad(subgraph: SubgraphProcess, options: ChaosOptions, addFault: () => Promise<void>) {
  const { seed, load, givenUpMs = CLIENT_TIMEOUT_MS } = options;
  const draw = createRequests(seededRandom(seed), options);
  const tokens = await Promise.all(PRINCIPALS.map((claims) => subgraph.tokenOf(claims)));
  const memoryMb: number[] = [residentMb(subgraph.pid)];
  const begin = (index: number) => {
    const request = draw();
    if ((index + 1) % MEMORY_EVERY_REQUESTS === 0 && subgraph.isRunning()) memoryMb.push(residentMb(subgraph.pid));
    return send({ url: subgraph.url, token: tokens[request.who] ?? "", givenUpMs }, request);
  };
  if ("minTotal" in load) {
    const beginWithFaults = async (index: number) => {
      if (index % FAULT_EVERY_REQUESTS === 0) await addFault();
      return begin(index);
    };
    return { outcomes: await runInClosedLoop(load, beginWithFaults, subgraph.isRunning), memoryMb };
  }
  let isOver = false;
  async function addFaults(): Promise<void> {
    while (!isOver) {
      await addFault();
      await sleep(FAULT_EVERY_MS);
    }
  }
  const faults = addFaults();
  try {
    return { outcomes: await runAtRate(load, begin, subgraph.isRunning), memoryMb };
  } finally {
    isOver = true;
    await faults;
  }
}

function countNames(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/**
 * Reads and mutations against the built program while both providers fail in every way they can; then the providers are well
 * again, and once the reconciler has had its time, what the ledger says is held against what happened.
 */
export async function runChaos(options: ChaosOptions) {
  const sandbox = await startSandboxProgram({ extraAuthorizations: MORE_AUTHORIZATIONS });
  const { path: directory, remove: removeDirectory } = createTempDirectory("chaos");
  const providers = {
    avibra: createSandboxControl(sandbox.avibra.url),
    delbank: createSandboxControl(sandbox.delbank.url),
  };
  const environment = { ...sandbox.environment, ...ENVIRONMENT, ...options.environment };
  const subgraph = await startSubgraphProcess(environment, directory).catch(async (error: unknown) => {
    await sandbox.close();
    removeDirectory();
    throw error;
  });
  const random = seededRandom(options.seed + 1);
  const faults: string[] = [];

  async function addFault(): Promise<void> {
    const { vendor, fault } = generateFault(random);
    faults.push(`${fault.kind} ${fault.status ?? ""}`.trim());
    await providers[vendor].addFault(fault);
    // What waits for a match that is rare must not pile up.
    if (faults.length % PAUSE_EVERY_FAULTS === 0) await heal();
  }
  const heal = () => Promise.all([providers.avibra.clearFaults(), providers.delbank.clearFaults()]);

  async function untilSettled(): Promise<number> {
    const startedAt = performance.now();
    const waited = () => performance.now() - startedAt;
    while (readOperations(directory).some(isUnsettled) && waited() < SETTLED_WITHIN_MS) await sleep(100);
    return waited();
  }

  try {
    const { outcomes, memoryMb } = await sendLoad(subgraph, options, addFault);
    await heal();
    const settledAfterMs = await untilSettled();
    const operations = readOperations(directory);
    const [avibra, delbank] = await Promise.all([providers.avibra.state(), providers.delbank.state()]);
    const commits = { avibra: avibra.commits, delbank: delbank.commits };
    const received = await Promise.all([providers.avibra.requests(), providers.delbank.requests()]);
    const tokens = received[0].filter(({ path }) => path === "/oauth2/token").length;
    const wasRunning = subgraph.isRunning();
    if (wasRunning) memoryMb.push(residentMb(subgraph.pid));
    const exitCode = await subgraph.stop();
    const durations = outcomes.map(({ durationMs }) => durationMs);
    return {
      ...{ settledAfterMs, memoryMb, wasRunning, exitCode },
      faults: countNames(faults),
      offered: outcomes.length,
      responded: outcomes.filter(({ code }) => code !== NO_RESPONSE).length,
      codes: countNames(outcomes.map(({ code }) => code)),
      attempts: { avibra: received[0].length - tokens, tokens, delbank: received[1].length },
      latencyMs: { p50: quantile(durations, 0.5), p99: quantile(durations, 0.99), maxMs: Math.max(...durations) },
      /** Answers that came after their deadline. */
      late: durations.filter((durationMs) => durationMs > TIMEOUT_MS + GRACE_MS).length,
      operations: countNames(operations.map(({ status }) => status)),
      unsettled: operations.filter(isUnsettled).length,
      commits: commits.avibra.length + commits.delbank.length,
      doubleCommits: findDuplicateCommits(commits.avibra, commits.delbank),
      sentAgain: findResentRequests(operations, received[1]),
      untruths: findFalseResults(operations, commits),
      /** Lines of errors that nobody caught. */
      crashes: subgraph.output().match(/^.*"level":"fatal".*$/gm) ?? [],
    };
  } finally {
    if (subgraph.isRunning()) await subgraph.stop();
    await sandbox.close();
    removeDirectory();
  }
}
