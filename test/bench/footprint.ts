import { setTimeout as sleep } from "node:timers/promises";
import autocannon from "autocannon";
import { median, residentMb, row } from "./figures";
import { QUERY } from "./member-benefits";
import { startSandboxProgram } from "../kit/start/sandbox-program";
import { startSubgraphProcess } from "./subgraph-process";
import { createTempDirectory } from "../kit/temp";

const STARTS = 5;
const LOAD_SECONDS = 30;
const IDLE_MS = 5000;
const CONNECTIONS = 20;
const MAX = { startupMs: 3000, residentMb: 150 };

/** Time from nothing to the first answer, with a database and keys that are there already, and the process's memory. */
export async function footprint(): Promise<void> {
  const sandbox = await startSandboxProgram();
  const { path: directory, remove: removeDirectory } = createTempDirectory("bench");
  const startupMs: number[] = [];
  try {
    for (let start = 0; start < STARTS; start += 1) {
      const startedAt = performance.now();
      const subgraph = await startSubgraphProcess(sandbox.environment, directory);
      const headers = { "content-type": "application/json", authorization: `Bearer ${subgraph.token}` };
      const request = { method: "POST", headers, body: JSON.stringify({ query: QUERY }) } as const;
      await (await fetch(subgraph.url, request)).text();
      startupMs.push(performance.now() - startedAt);
      if (start < STARTS - 1) {
        await subgraph.stop();
        continue;
      }
      await sleep(IDLE_MS);
      const idle = residentMb(subgraph.pid);
      const result = await autocannon({
        ...request,
        url: subgraph.url,
        connections: CONNECTIONS,
        duration: LOAD_SECONDS,
      });
      const loaded = residentMb(subgraph.pid);
      await sleep(IDLE_MS);
      const rested = residentMb(subgraph.pid);
      await subgraph.stop();

      const mb = (value: number) => `${value.toFixed(0)} MB`;
      console.log(`\nfootprint of node dist/main.js, on SQLite, beside sandboxes that run already`);
      console.log(
        row("start to first answer, median of 5", `${median(startupMs).toFixed(0)} ms`, `< ${MAX.startupMs} ms`),
      );
      console.log(row("memory at rest", mb(idle), `< ${MAX.residentMb} MB`));
      console.log(row(`memory after ${LOAD_SECONDS} s of load (${result["2xx"]} queries)`, mb(loaded)));
      console.log(row(`memory ${IDLE_MS / 1000} s later`, mb(rested)));
    }
  } finally {
    await sandbox.close();
    removeDirectory();
  }
}
