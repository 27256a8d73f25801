import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { loadConfig } from "../../src/config/index";
import { deriveLimits } from "../../src/platform/graphql/limits/derive-limits";
import { createDocumentCache } from "../../src/platform/graphql/limits/document-cache";
import { analyzeDocument, createRequestGuard } from "../../src/platform/graphql/limits/request-guard";
import { COSTLY_DOCUMENTS, ORDINARY_DOCUMENTS } from "../kit/security/costly-documents";
import { median, row } from "./figures";

const TIMES = 40;
const ROUNDS = 3;

// As it comes from a socket: a text of its own each time.
const documentOf = (text: string, index: number) => Buffer.from(`${text} #${index}`).toString();
const rules = { limits: deriveLimits(loadConfig({}).limits.documents), listFields: new Set<string>() };

function heapUsed(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}

function measureCpuMs(text: string): number {
  const guard = createRequestGuard({ ...rules, cacheBytes: 2 ** 24 });
  const samples = Array.from({ length: TIMES }, (_, index) => {
    const query = documentOf(text, index);
    const before = process.cpuUsage();
    guard({ query });
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return median(samples);
}

/** Bytes of a cached document on the heap, and the bytes that it is charged; the least of several rounds, to which V8 adds. */
function measureBytes(text: string): { held: number; charged: number } {
  const documents = createDocumentCache(2 ** 30, (query) => analyzeDocument(query, rules));
  const cacheAll = (round: number) => {
    for (let index = round * TIMES; index < (round + 1) * TIMES; index += 1)
      for (let time = 0; time < 2; time += 1) documents.get(documentOf(text, index));
  };
  cacheAll(0);
  const held: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const before = heapUsed();
    cacheAll(round);
    held.push(heapUsed() - before);
  }
  const { documents: count, bytes } = documents.state();
  return { held: Math.min(...held) / TIMES, charged: count === 0 ? 0 : bytes / count };
}

/** What the request guard spends on a document, and what it holds of one that it caches. */
export function measureGuard(): void {
  const kb = (bytes: number) => `${(bytes / 1024).toFixed(0)} KiB`;
  console.log(`\nrequest guard: each document ${TIMES} times`);
  console.log(row("document", "CPU, median", "charged", "held on the heap", "held/charged"));
  for (const [name, text] of Object.entries({ ...COSTLY_DOCUMENTS, ...ORDINARY_DOCUMENTS })) {
    const { held, charged } = measureBytes(text);
    const share = charged === 0 ? "not cached" : (held / charged).toFixed(2);
    console.log(row(name, `${measureCpuMs(text).toFixed(1)} ms`, kb(charged), kb(held), share));
  }
}
