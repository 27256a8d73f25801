import { hash as digest } from "node:crypto";
import { type DocumentNode } from "graphql";
import { LRUCache } from "lru-cache";
import { SubgraphError } from "../errors/subgraph-error";
import { type DocumentWork } from "./document-work";

/** What was found out about a document by its text. */
export interface ExaminedDocument {
  /** Undefined for a syntax error: there is nothing to execute. */
  readonly verdict: SubgraphError | DocumentWork | undefined;
  /** Undefined if it is refused, and for a syntax error. */
  readonly document?: DocumentNode;
  /** What all of this takes on the heap. */
  readonly bytes: number;
}

export interface KnownDocument extends ExaminedDocument {
  /** SHA-256 of the text as UTF-8, in hexadecimal, as Apollo Server computes it; undefined for a text with a lone surrogate, which UTF-8 cannot encode. */
  readonly hash: string | undefined;
  /** Undefined until it was validated: see `validDocument`. */
  isValid?: boolean;
}

/** Places for digests of documents that were seen once; 256 kB. A digest is forgotten when another takes its place. */
const SEEN_ONCE = 2 ** 16;
/** A digest, and the places in the list and in the index. */
const ENTRY_BYTES = 512;
/** Of the key, the text: two in UTF-16, if it is no Latin text. */
const BYTES_PER_CHARACTER = 2;

function createSeenBefore() {
  const table = new Uint32Array(SEEN_ONCE);
  return (hash: string): boolean => {
    const place = parseInt(hash.slice(0, 4), 16);
    const fingerprint = parseInt(hash.slice(8, 16), 16);
    if (table[place] === fingerprint) return true;
    table[place] = fingerprint;
    return false;
  };
}

/**
 * The one cache of documents: parsed, measured and validated, bounded by what they take on the heap. A document is kept when it
 * is seen for the second time, so documents that differ in a literal each push nothing out.
 */
export function createKnownDocuments(maxBytes: number, examine: (text: string) => ExaminedDocument) {
  const seenBefore = createSeenBefore();
  const known = new LRUCache<string, KnownDocument>({
    maxSize: Math.max(1, maxBytes - 4 * SEEN_ONCE),
    sizeCalculation: ({ bytes }, text) => ENTRY_BYTES + bytes + BYTES_PER_CHARACTER * text.length,
  });
  // By message: an error's stack holds on to what was under way when it was made, and so to the document.
  const refusals = new Map<string, SubgraphError>();

  function examineOnce(text: string): ExaminedDocument {
    const examined = examine(text);
    const { verdict } = examined;
    if (!(verdict instanceof SubgraphError)) return examined;
    const refusal = refusals.get(verdict.message) ?? verdict;
    refusals.set(verdict.message, refusal);
    return { ...examined, verdict: refusal };
  }

  return {
    get(text: string): KnownDocument {
      const found = known.get(text); // by the text itself: no other has its verdict
      if (found) return found;
      // Each lone surrogate is encoded as U+FFFD, so the digest would be that of another text. GraphQL allows none.
      if (!text.isWellFormed()) return { hash: undefined, ...examineOnce(text) };
      const hash = digest("sha256", text);
      const examined: KnownDocument = { hash, ...examineOnce(text) };
      if (examined.verdict && seenBefore(hash)) known.set(text, examined);
      return examined;
    },
    /** What it keeps: documents, and bytes as they are counted. */
    state: () => ({ documents: known.size, bytes: known.calculatedSize }),
  };
}
