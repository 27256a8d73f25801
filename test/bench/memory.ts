import { documents } from "./documents";
import { formatCheck, median, residentMb, row } from "./figures";
import { startSandboxProgram } from "../kit/start/sandbox-program";
import { startSubgraphProcess } from "./subgraph-process";
import { createTempDirectory } from "../kit/temp";

/** As many as one operation may call for, less a few. */
const READS_PER_REQUEST = 190;
const CONNECTIONS = 4;
/** Enough to fill READ_CACHE_BYTES with answers that are as short as can be. */
const WARM_UP_READS = 100_000;
const SAMPLES = 40;
/** Of the last quarter beside the first. */
const MAX_GROWTH = 1.1;
const QUERY = `query($representations: [_Any!]!) { _entities(representations: $representations) {
  ... on User { currentOffer { status } } } }`;

/** What documents cost (see `documents`), and reads. Every read is of another member, so everything that grows with members does. `MEMORY_READS` (1,000,000) changes how many. */
export async function memory(): Promise<void> {
  await documents();
  const reads = Number(process.env["MEMORY_READS"] ?? 1_000_000);
  const sandbox = await startSandboxProgram();
  const { path: directory, remove: removeDirectory } = createTempDirectory("bench");
  const subgraph = await startSubgraphProcess({ ...sandbox.environment, LOG_LEVEL: "warn" }, directory);
  const token = await subgraph.tokenOf({ sub: "support", scope: "users:read:any" });
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  let requestCount = 0;

  async function sendQuery(): Promise<void> {
    const representations = Array.from({ length: READS_PER_REQUEST }, () => ({
      __typename: "User",
      id: `m-${(requestCount += 1)}`,
    }));
    const body = JSON.stringify({ query: QUERY, variables: { representations } });
    const response = (await (await fetch(subgraph.url, { method: "POST", headers, body })).json()) as {
      errors?: unknown;
    };
    if (response.errors) throw new Error(`a read failed: ${JSON.stringify(response.errors).slice(0, 500)}`);
  }
  async function askUntil(count: number): Promise<void> {
    const one = async () => {
      while (requestCount < count) await sendQuery();
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, one));
  }

  try {
    const cold = residentMb(subgraph.pid);
    await askUntil(WARM_UP_READS);
    const startedAt = performance.now();
    const samples: number[] = [];
    for (let sample = 1; sample <= SAMPLES; sample += 1) {
      await askUntil(WARM_UP_READS + (reads * sample) / SAMPLES);
      samples.push(residentMb(subgraph.pid));
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const [first, last] = [samples.slice(0, SAMPLES / 4), samples.slice(-SAMPLES / 4)].map(median) as [number, number];
    const mb = (value: number) => `${value.toFixed(0)} MB`;
    console.log(`\nmemory: ${reads} reads of as many members, behind ${WARM_UP_READS} to warm up`);
    console.log(row("reads per second, each a provider call", (reads / seconds).toFixed(0)));
    console.log(row("memory before the first", mb(cold)));
    console.log(row("median of the first quarter", mb(first)));
    console.log(
      row(
        "median of the last quarter",
        mb(last),
        formatCheck(`${(last / first).toFixed(2)} x`, last < MAX_GROWTH * first),
      ),
    );
    console.log(row("most", mb(Math.max(...samples))));
  } finally {
    await subgraph.stop();
    await sandbox.close();
    removeDirectory();
  }
}
