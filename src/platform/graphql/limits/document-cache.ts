import { hash as digest } from "node:crypto";
import { type DocumentNode } from "graphql";
import { LRUCache } from "lru-cache";
import { SubgraphError } from "../../errors/subgraph-error";
import { type QueryCost } from "./query-cost";

/** The analysis of a document's text. */
export interface AnalyzedDocument {
  /** The query cost, or why the document is rejected. Undefined for a syntax error. */
  readonly result: SubgraphError | QueryCost | undefined;
  /** Undefined if the document is rejected or has a syntax error. */
  readonly document?: DocumentNode;
  /** Estimated size on the heap. */
  readonly bytes: number;
}

/** An analyzed document of a request. Requests with the same text share it if it is cached. */
export interface GuardedDocument extends AnalyzedDocument {
  /** Hexadecimal SHA-256 of the text as UTF-8, as Apollo Server computes it. Undefined for a lone surrogate, which UTF-8 cannot encode. */
  readonly hash: string | undefined;
  /** Result of the validation, written by `getValidDocument`. Undefined before it. */
  isValid?: boolean;
}

/** Slots for digests of documents that were seen once: 256 KiB. A digest replaces another one in its slot. */
const SEEN_FILTER_SLOTS = 2 ** 16;
/** The digest, and an entry's share of the list and of the index. */
const ENTRY_BYTES = 512;
/** The key is the text: V8 stores two bytes for each character if one of them is not Latin-1. */
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
 * The only cache of documents: parsed, measured and validated, bounded by their size on the heap. A document is cached when it
 * is seen for the second time, so documents that differ only in a literal evict nothing.
 */
export function createDocumentCache(maxBytes: number, analyze: (text: string) => AnalyzedDocument) {
  const wasSeenBefore = createSeenFilter();
  const cache = new LRUCache<string, GuardedDocument>({
    maxSize: Math.max(1, maxBytes - 4 * SEEN_FILTER_SLOTS),
    sizeCalculation: ({ bytes }, text) => ENTRY_BYTES + bytes + BYTES_PER_CHARACTER * text.length,
  });
  // One error for each message: an error's stack keeps a reference to the document until it is read.
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
    get(text: string): GuardedDocument {
      const cached = cache.get(text); // the key is the text, not a digest: no other document can have its result
      if (cached) return cached;
      // UTF-8 encodes each lone surrogate as U+FFFD, so the digest would be that of another text. GraphQL allows none.
      if (!text.isWellFormed()) return { hash: undefined, ...analyzeAndShareError(text) };
      const hash = digest("sha256", text);
      const analyzed: GuardedDocument = { hash, ...analyzeAndShareError(text) };
      if (analyzed.result && wasSeenBefore(hash)) cache.set(text, analyzed);
      return analyzed;
    },
    /** The number of cached documents, and their estimated bytes. */
    state: () => ({ documents: cache.size, bytes: cache.calculatedSize }),
  };
}
