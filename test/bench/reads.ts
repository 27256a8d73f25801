import { type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import autocannon from "autocannon";
import { spawnTypeScript } from "../kit/start/typescript";
import { createSandboxControl } from "../kit/sandbox-control";
import { formatCheck, median, cpuMs, row } from "./figures";
import { QUERY, type ServerArguments } from "./member-benefits";
import { countSharedCalls } from "./shared-calls";
import { startSandboxProgram } from "../kit/start/sandbox-program";
import { startSubgraphProcess, type SubgraphProcess } from "./subgraph-process";
import { createTempDirectory } from "../kit/temp";

const CONNECTIONS = 20;
const WARM_UP_SECONDS = 3;
const ROUND_SECONDS = 4;
const ROUNDS = 4;
/** What the others are compared with: its place among the targets. */
const TEMPLATE = 2;

interface Target {
  readonly label: string;
  readonly url: string;
  readonly pid: number;
}

interface Round {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of the server for one request; the machine's cores are shared with the load and the sandbox. */
  readonly processorUs: number;
}

async function startServer(name: string, options: ServerArguments): Promise<{ url: string; child: ChildProcess }> {
  const child = spawnTypeScript(join(__dirname, `${name}.ts`), [JSON.stringify(options)]);
  const [{ url }] = (await once(child, "message")) as [{ url: string }];
  return { url, child };
}

/** A header for each connection: the same member in as many tokens, so that no read is shared with another connection's. */
async function headersOf(subgraph: SubgraphProcess): Promise<Record<string, string>[]> {
  const claims = Array.from({ length: CONNECTIONS }, (_, index) => ({ sub: "u-1001", scope: `connection:${index}` }));
  const tokens = await Promise.all(claims.map((claim) => subgraph.tokenOf(claim)));
  return tokens.map((token) => ({ "content-type": "application/json", authorization: `Bearer ${token}` }));
}

async function load(
  { url, pid }: Target,
  { headers, body }: { headers: readonly Record<string, string>[]; body: string },
  seconds: number,
): Promise<Round> {
  const before = cpuMs(pid);
  const waiting = headers.values();
  const setupClient = (client: autocannon.Client) => {
    client.setHeaders(waiting.next().value ?? {});
  };
  const options = { url, method: "POST", body, connections: CONNECTIONS, duration: seconds, setupClient } as const;
  const result = await autocannon(options);
  const responded = result["2xx"];
  if (result.errors + result.timeouts + result.non2xx > 0 || responded === 0)
    throw new Error(`${url} failed under load`);
  return {
    perSecond: responded / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    processorUs: ((cpuMs(pid) - before) * 1000) / responded,
  };
}

/** A member's benefits through our subgraph, through the template most teams would write, and at the limit. */
export async function reads(): Promise<void> {
  const sandbox = await startSandboxProgram();
  const { path: directory, remove: removeDirectory } = createTempDirectory("bench");
  // Nothing is kept: every read costs its call, as at the others. Then once more as it comes. One key signs the tokens of both.
  const subgraph = await startSubgraphProcess({ ...sandbox.environment, READ_CACHE_MS: "0" }, directory);
  const asItComes = await startSubgraphProcess(sandbox.environment, directory);
  const options = { avibraUrl: sandbox.avibra.url, publicKey: subgraph.publicKey() };
  const [template, limit] = await Promise.all([
    startServer("template-server", options),
    startServer("limit-server", options),
  ]);
  const headers = await headersOf(subgraph);
  const body = JSON.stringify({ query: QUERY });
  const targets: Target[] = [
    { label: "this subgraph, nothing kept", url: subgraph.url, pid: subgraph.pid },
    { label: "this subgraph, as it comes", url: asItComes.url, pid: asItComes.pid },
    { label: "the template (Apollo standalone, axios)", url: template.url, pid: template.child.pid ?? 0 },
    { label: "the limit (node:http, undici, JSON)", url: limit.url, pid: limit.child.pid ?? 0 },
  ];
  const rounds = targets.map(() => [] as Round[]);
  let shared: readonly number[];
  try {
    const responses = await Promise.all(
      targets.map(
        async ({ url }) =>
          ((await (await fetch(url, { method: "POST", headers: headers[0] ?? {}, body })).json()) as { data?: unknown })
            .data,
      ),
    );
    if (!responses[0] || !responses.every((response) => isDeepStrictEqual(response, responses[0]))) {
      throw new Error(`the servers do not give the same answer: ${JSON.stringify(responses)}`);
    }
    for (const target of targets) await load(target, { headers, body }, WARM_UP_SECONDS);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [index, target] of targets.entries()) {
        rounds[index]?.push(await load(target, { headers, body }, ROUND_SECONDS));
      }
    }
    shared = await countSharedCalls(subgraph, createSandboxControl(sandbox.avibra.url));
  } finally {
    template.child.disconnect();
    limit.child.disconnect();
    await subgraph.stop();
    await asItComes.stop();
    await sandbox.close();
    removeDirectory();
  }

  const figure = (index: number, name: keyof Round) => median((rounds[index] ?? []).map((round) => round[name]));
  const ratio = (index: number, name: keyof Round) => `${(figure(index, name) / figure(TEMPLATE, name)).toFixed(2)} x`;
  console.log(
    `\nreads: a member's benefits, one provider call; ${CONNECTIONS} connections, ${ROUNDS} rounds of ${ROUND_SECONDS} s in turn, medians`,
  );
  console.log(row("", "requests/s", "of template", "p50 ms", "p99 ms", "CPU us/request", "of template"));
  for (const [index, { label }] of targets.entries()) {
    const at = (name: keyof Round) => figure(index, name).toFixed(0);
    console.log(
      row(
        label,
        at("perSecond"),
        ratio(index, "perSecond"),
        at("p50Ms"),
        at("p99Ms"),
        at("processorUs"),
        ratio(index, "processorUs"),
      ),
    );
  }
  const [byOne, byTwo] = shared;
  console.log(row("500 at once, nothing kept: calls for one reader", formatCheck(`${byOne}`, byOne === 1)));
  console.log(row("the same by two readers", formatCheck(`${byTwo}`, byTwo === 2)));
}
