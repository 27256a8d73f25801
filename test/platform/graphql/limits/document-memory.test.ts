import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { loadConfig } from "../../../../src/config/index";
import { deriveLimits } from "../../../../src/platform/graphql/limits/derive-limits";
import { createDocumentCache } from "../../../../src/platform/graphql/limits/document-cache";
import { analyzeDocument } from "../../../../src/platform/graphql/limits/request-guard";
import { COSTLY_DOCUMENTS, ORDINARY_DOCUMENTS } from "../../../kit/security/costly-documents";

const createCache = () =>
  createDocumentCache(2 ** 30, (text) =>
    analyzeDocument(text, { limits: deriveLimits(loadConfig({}).limits.documents), listFields: new Set() }),
  );

const isLatin1 = (text: string) => /^[\0-\xff]*$/.test(text);
const countTextBytes = (text: string) => text.length * (isLatin1(text) ? 1 : 2);
const WORD_BYTES = 8;
/** V8 stores a part of a longer text as a reference to it. */
const MAX_COPIED_LENGTH = 12;

/** The least bytes that V8 needs for everything that `root` references. The kinds of nodes are texts that all nodes share. */
function countReferencedBytes(root: unknown): number {
  const seen = new Set<unknown>();
  let bytes = 0;
  const visit = (value: unknown): void => {
    if (typeof value === "string") bytes += 2 * WORD_BYTES + Math.min(MAX_COPIED_LENGTH, value.length);
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    const members = value instanceof Map ? [...value].flat() : Object.entries(value);
    if (value instanceof Map) {
      bytes += (4 + 3 * value.size) * WORD_BYTES;
      members.forEach(visit);
      return;
    }
    bytes += (Array.isArray(value) ? 6 : 3) * WORD_BYTES + members.length * WORD_BYTES;
    for (const [name, member] of members as [string, unknown][]) if (name !== "kind") visit(member);
  };
  visit(root);
  return bytes;
}

describe("a cached document is charged at least the bytes that its nodes need, and at most four times as many:", () => {
  test.each(Object.entries({ ...COSTLY_DOCUMENTS, ...ORDINARY_DOCUMENTS }))("%s", (_name, text) => {
    const cache = createCache();
    for (let time = 0; time < 2; time += 1) cache.get(text);
    const { documents, bytes } = cache.state();
    const needed = countReferencedBytes(cache.get(text)) + countTextBytes(text);
    expect(documents).toBe(1);
    expect(bytes).toBeGreaterThanOrEqual(needed);
    expect(bytes).toBeLessThan(4 * needed);
  });
});

test("documents that are seen once each hold nothing", async () => {
  const cache = createCache();
  const references = Array.from({ length: 100 }, (_, index) => {
    const { document } = cache.get(`${ORDINARY_DOCUMENTS["190 aliases"]} #${index}`);
    if (!document) throw new Error("it was rejected");
    return new WeakRef(document);
  });
  await new Promise((resolve) => setImmediate(resolve)); // a new reference is strong until then
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  expect(references.filter((reference) => reference.deref() !== undefined)).toEqual([]);
  expect(cache.state()).toEqual({ documents: 0, bytes: 0 });
});
