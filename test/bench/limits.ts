import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import autocannon from "autocannon";
import { ATTACKS } from "../kit/security/attacks";
import { createSandboxControl } from "../kit/sandbox-control";
import { toBody, COSTLY_QUERIES, largeMemberFault } from "../kit/security/costly-responses";
import { sendRequest } from "../kit/http/request";
import { formatCheck, median, quantile, residentMb, row } from "./figures";
import { measureGuard } from "./guard-cost";
import { QUERY } from "./member-benefits";
import { startSandboxProgram } from "../kit/start/sandbox-program";
import { startSubgraphProcess, type SubgraphProcess } from "./subgraph-process";
import { createTempDirectory } from "../kit/temp";

const REPETITIONS = 15;
const CAPACITY_SECONDS = 4;
const OVERLOAD_SECONDS = 8;
const CONNECTIONS = 20;
/** Connections are more than may be under way, or too much is never offered; and fewer than wait to be accepted (511). */
const OVERLOAD = { connections: 400, LIMIT_CONCURRENT_REQUESTS: "100" };
const MAX_CPU_MS = 50;
/** An answer is resolved up to its budget before it is refused. */
const MAX_RESPONSE_CPU_MS = 100;

/** Processor time of all of a process's threads in ms, finer than the clock ticks of /proc/PID/stat. Linux only. */
function exactProcessorMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const spent = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
  );
  return spent.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1e6;
}

const codeOf = (text: string) => /"code":"(\w+)"/.exec(text)?.[1] ?? "none";

async function attacks(
  subgraph: SubgraphProcess,
  controls: readonly ReturnType<typeof createSandboxControl>[],
): Promise<void> {
  const headers = { authorization: `Bearer ${subgraph.token}` };
  console.log(row("attack", "answer", "CPU, median", "provider calls", `< ${MAX_CPU_MS} ms`));
  for (const [name, { exceeding }] of Object.entries(ATTACKS)) {
    for (const control of controls) await control.clearRequests();
    const spentMs: number[] = [];
    let code = "";
    for (let time = 0; time < REPETITIONS; time += 1) {
      const body = Buffer.from(exceeding(`${time}`));
      const before = exactProcessorMs(subgraph.pid);
      code = codeOf((await sendRequest(subgraph.url, { headers, body })).text);
      spentMs.push(exactProcessorMs(subgraph.pid) - before);
    }
    const calls = (await Promise.all(controls.map((control) => control.requests()))).flat().length;
    const cpuMs = median(spentMs);
    console.log(row(name, code, `${cpuMs.toFixed(1)} ms`, `${calls}`, cpuMs < MAX_CPU_MS ? "yes" : "NO"));
  }
}

/** What answers cost that are refused for their real length. */
async function measureResponses(
  subgraph: SubgraphProcess,
  avibra: ReturnType<typeof createSandboxControl>,
): Promise<void> {
  const token = await subgraph.tokenOf({ sub: "u-1001", scope: "users:read:any" });
  const headers = { authorization: `Bearer ${token}` };
  console.log(row("\nanswer", "answer", "CPU, median", "bytes", `< ${MAX_RESPONSE_CPU_MS} ms`));
  for (const [name, costly] of Object.entries(COSTLY_QUERIES)) {
    if (costly.member) await avibra.addFault(largeMemberFault(costly.member));
    const spentMs: number[] = [];
    let text = "";
    for (let time = 0; time < REPETITIONS; time += 1) {
      const body = Buffer.from(toBody(costly, `${time}`));
      const before = exactProcessorMs(subgraph.pid);
      ({ text } = await sendRequest(subgraph.url, { headers, body }));
      spentMs.push(exactProcessorMs(subgraph.pid) - before);
    }
    await avibra.clearFaults();
    const cpuMs = median(spentMs);
    const check = formatCheck(cpuMs < MAX_RESPONSE_CPU_MS ? "yes" : "NO", cpuMs < MAX_RESPONSE_CPU_MS);
    console.log(row(name, codeOf(text), `${cpuMs.toFixed(1)} ms`, `${text.length}`, check));
  }
}

async function overload(subgraph: SubgraphProcess): Promise<void> {
  const request = {
    url: subgraph.url,
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${subgraph.token}` },
    body: JSON.stringify({ query: QUERY }),
  } as const;
  const load = { ...request, connections: CONNECTIONS, duration: CAPACITY_SECONDS };
  const capacity = (await autocannon(load)).requests.average;
  const answeredMs: number[] = [];
  let rejected = 0;
  let peakMb = 0;
  const timer = setInterval(() => (peakMb = Math.max(peakMb, residentMb(subgraph.pid))), 100);
  await new Promise<void>((resolve, reject) => {
    const run = autocannon(
      { ...load, connections: OVERLOAD.connections, overallRate: Math.round(2 * capacity), duration: OVERLOAD_SECONDS },
      (error: Error | null) => {
        if (error) reject(error);
        else resolve();
      },
    );
    run.on("response", (_client, status, _bytes, durationMs) => {
      if (status === 200) answeredMs.push(durationMs);
      else if (status === 503) rejected += 1;
    });
  });
  clearInterval(timer);
  const perSecond = (count: number) => `${(count / OVERLOAD_SECONDS).toFixed(0)}/s`;
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  console.log(
    `\ncapacity ${capacity.toFixed(0)}/s over ${CONNECTIONS} connections; twice that over ${OVERLOAD.connections}, LIMIT_CONCURRENT_REQUESTS=${OVERLOAD.LIMIT_CONCURRENT_REQUESTS}:`,
  );
  console.log(row("", "answered", "503", "p50", "p99", "most memory"));
  console.log(
    row(
      "overload",
      perSecond(answeredMs.length),
      perSecond(rejected),
      ms(quantile(answeredMs, 0.5)),
      ms(quantile(answeredMs, 0.99)),
      `${peakMb.toFixed(0)} MB`,
    ),
  );
}

/** What each attack costs the built program, and what becomes of those who are answered while twice too much is asked. */
export async function limits(): Promise<void> {
  const sandbox = await startSandboxProgram();
  const { path: directory, remove: removeDirectory } = createTempDirectory("bench");
  const subgraph = await startSubgraphProcess(
    { ...sandbox.environment, READ_CACHE_MS: "0", LIMIT_PROVIDER_BODY_BYTES: "2097152" },
    join(directory, "wide"),
  );
  const { LIMIT_CONCURRENT_REQUESTS } = OVERLOAD;
  const narrow = await startSubgraphProcess(
    { ...sandbox.environment, LIMIT_CONCURRENT_REQUESTS },
    join(directory, "narrow"),
  );
  try {
    console.log(`\nlimits: each attack ${REPETITIONS} times with a new document, against node dist/main.js`);
    const controls = [sandbox.avibra.url, sandbox.delbank.url].map(createSandboxControl);
    await attacks(subgraph, controls);
    await measureResponses(subgraph, createSandboxControl(sandbox.avibra.url));
    await overload(narrow);
    measureGuard();
  } finally {
    await subgraph.stop();
    await narrow.stop();
    await sandbox.close();
    removeDirectory();
  }
}
