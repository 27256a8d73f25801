import { hash as digest } from "node:crypto";
import { type DocumentNode } from "graphql";
import { LRUCache } from "lru-cache";
import { SubgraphError } from "../../errors/subgraph-error";
import { type QueryCost } from "./query-cost";

/** What was found out about a document by its text. */
export interface AnalyzedDocument {
  /** Undefined for a syntax error: there is nothing to execute. */
  readonly result: SubgraphError | QueryCost | undefined;
  /** Undefined if it is refused, and for a syntax error. */
  readonly document?: DocumentNode;
  /** What all of this takes on the heap. */
  readonly bytes: number;
}

export interface CachedDocument extends AnalyzedDocument {
  /** SHA-256 of the text as UTF-8, in hexadecimal, as Apollo Server computes it; undefined for a text with a lone surrogate, which UTF-8 cannot encode. */
  readonly hash: string | undefined;
  /** Undefined until it was validated: see `getValidDocument`. */
  isValid?: boolean;
}

/** Places for digests of documents that were seen once; 256 kB. A digest is forgotten when another takes its place. */
const SEEN_FILTER_SLOTS = 2 ** 16;
/** A digest, and the places in the list and in the index. */
const ENTRY_BYTES = 512;
/** Of the key, the text: two in UTF-16, if it is no Latin text. */
const BYTES_PER_CHARACTER = 2;

function createSeenFilter() {
  const table = new Uint32Array(SEEN_FILTER_SLOTS);
  return (hash: string): boolean => {
    const slot = parseInt(hash.slice(0, 4), 16);
    const fingerprint = parseInt(hash.slice(8, 16), 16);
    if (table[slot] === fingerprint) return true;
    table[slot] = fingerprint;
    return false;
  };
}

/**
 * The one cache of documents: parsed, measured and validated, bounded by what they take on the heap. A document is kept when it
 * is seen for the second time, so documents that differ in a literal each push nothing out.
 */
export function createDocumentCache(maxBytes: number, analyze: (text: string) => AnalyzedDocument) {
  const wasSeenBefore = createSeenFilter();
  const cache = new LRUCache<string, CachedDocument>({
    maxSize: Math.max(1, maxBytes - 4 * SEEN_FILTER_SLOTS),
    sizeCalculation: ({ bytes }, text) => ENTRY_BYTES + bytes + BYTES_PER_CHARACTER * text.length,
  });
  // By message: an error's stack holds on to what was under way when it was made, and so to the document.
  const errorsByMessage = new Map<string, SubgraphError>();

  function analyzeAndShareError(text: string): AnalyzedDocument {
    const analyzed = analyze(text);
    const { result } = analyzed;
    if (!(result instanceof SubgraphError)) return analyzed;
    const error = errorsByMessage.get(result.message) ?? result;
    errorsByMessage.set(result.message, error);
    return { ...analyzed, result: error };
  }

  return {
    get(text: string): CachedDocument {
      const cached = cache.get(text); // by the text itself: no other has its verdict
      if (cached) return cached;
      // Each lone surrogate is encoded as U+FFFD, so the digest would be that of another text. GraphQL allows none.
      if (!text.isWellFormed()) return { hash: undefined, ...analyzeAndShareError(text) };
      const hash = digest("sha256", text);
      const analyzed: CachedDocument = { hash, ...analyzeAndShareError(text) };
      if (analyzed.result && wasSeenBefore(hash)) cache.set(text, analyzed);
      return analyzed;
    },
    /** What it keeps: documents, and bytes as they are counted. */
    state: () => ({ documents: cache.size, bytes: cache.calculatedSize }),
  };
}
