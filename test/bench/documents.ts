import { deriveLimits } from "../../src/platform/graphql/limits/derive-limits";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import autocannon from "autocannon";
import { loadConfig } from "../../src/config/index";
import { createDocumentCache } from "../../src/platform/graphql/limits/document-cache";
import { analyzeDocument } from "../../src/platform/graphql/limits/request-guard";
import { formatCheck, residentMb, row } from "./figures";
import { QUERY } from "./member-benefits";
import { startSandboxProgram } from "../kit/start/sandbox-program";
import { startSubgraphProcess } from "./subgraph-process";
import { createTempDirectory } from "../kit/temp";

const CONNECTIONS = 20;
const PER_SECOND = 770;
const SECONDS = Number(process.env["MEMORY_SECONDS"] ?? 90);
const MAX_RESIDENT_MB = 350;
/** Of the heap's default; the other run has this much. */
const SMALL_HEAP_MB = 180;
/** Of the pace with the default heap: what the small one must keep. */
const MIN_PACE = 0.9;
/** Of what is charged, which must not be less than what the heap holds. */
const MAX_HELD = 1.1;
const MB = 2 ** 20;

const mb = (bytes: number) => `${(bytes / MB).toFixed(1)} MB`;

/** What compiled routers send: the same document with another literal and another name. */
const createDocument = (index: number) =>
  QUERY.replace("MemberBenefits", `MemberBenefits_${index}`).replace("me {", `me { same: id user${index}: id`);

function heapUsed(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

/** Fills a cache of the default size with documents, each seen twice, and holds it to what the heap says. */
function measureCache(): void {
  const { limits } = loadConfig({});
  const { documentCacheBytes: maxBytes } = limits.execution;
  const rules = { limits: deriveLimits(limits.documents), listFields: new Set<string>() };
  const before = heapUsed();
  const documents = createDocumentCache(maxBytes, (text) => analyzeDocument(text, rules));
  const see = (index: number) => documents.get(Buffer.from(createDocument(index)).toString());
  for (let index = 0; index < 20_000; index += 1) for (let time = 0; time < 2; time += 1) see(index);
  const heldBytes = heapUsed() - before;
  const { documents: count, bytes } = documents.state();
  console.log(`\ndocuments: the cache, full of documents of ${QUERY.length} characters that were seen twice`);
  console.log(row("documents kept", `${count}`));
  console.log(row("on the heap, by its own account", mb(bytes), `${(bytes / count / 1024).toFixed(1)} kB each`));
  const isHonest = heldBytes < MAX_HELD * bytes && heldBytes < maxBytes;
  console.log(
    row(
      "on the heap, measured",
      formatCheck(mb(heldBytes), isHonest),
      `${(heldBytes / count / 1024).toFixed(1)} kB each`,
    ),
  );
}

interface Load {
  readonly title: string;
  readonly options: string;
  readonly createBody: (index: number) => string;
  /** Requests in a second that must be answered. */
  readonly min?: number;
}

/** Requests that were answered in a second. */
async function load({ title, options, createBody, min = 0 }: Load): Promise<number> {
  const sandbox = await startSandboxProgram();
  const { path: directory, remove: removeDirectory } = createTempDirectory("bench");
  const environment = { ...sandbox.environment, LOG_LEVEL: "warn", NODE_OPTIONS: options };
  const subgraph = await startSubgraphProcess(environment, directory);
  let index = 0;
  let peakMb = 0;
  const timer = setInterval(() => (peakMb = Math.max(peakMb, residentMb(subgraph.pid))), 100);
  try {
    const result = await autocannon({
      url: subgraph.url,
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${subgraph.token}` },
      connections: CONNECTIONS,
      duration: SECONDS,
      overallRate: PER_SECOND,
      requests: [{ setupRequest: (request) => ({ ...request, body: createBody((index += 1)) }) }],
    });
    const perSecond = result["2xx"] / result.duration;
    console.log(
      row(
        title,
        formatCheck(`${perSecond.toFixed(0)}/s`, perSecond >= min && result.non2xx === 0),
        `${result.latency.p99.toFixed(0)} ms`,
        formatCheck(`${peakMb.toFixed(0)} MB`, peakMb < MAX_RESIDENT_MB),
      ),
    );
    return perSecond;
  } finally {
    clearInterval(timer);
    await subgraph.stop();
    await sandbox.close();
    removeDirectory();
  }
}

/** What documents cost in memory: each kept one, and a load in which no two are the same. `MEMORY_SECONDS` (90) each. */
export async function documents(): Promise<void> {
  measureCache();
  const one = JSON.stringify({ query: QUERY });
  const fresh = (index: number) => JSON.stringify({ query: createDocument(index) });
  console.log(`\ndocuments: ${PER_SECOND} requests/s for ${SECONDS} s each, against node dist/main.js`);
  console.log(row("", "answered", "p99", "most memory"));
  const semiSpace = "--max-semi-space-size=8"; // as npm start
  await load({ title: "one document", options: semiSpace, createBody: () => one });
  const pace = await load({ title: "each another document", options: semiSpace, createBody: fresh });
  const small = { options: `${semiSpace} --max-old-space-size=${SMALL_HEAP_MB}`, least: MIN_PACE * pace };
  await load({ ...small, title: `the same, with a heap of ${SMALL_HEAP_MB} MB`, createBody: fresh });
  await load({ ...small, title: "each document twice, with that heap", createBody: (index) => fresh(index >> 1) });
}
