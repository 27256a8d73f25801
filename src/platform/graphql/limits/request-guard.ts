import { SubgraphError } from "../../errors/subgraph-error";
import { checkCost } from "./check-cost";
import { checkVariables, type Variables } from "./check-variables";
import { estimateHeapBytes, analyzeQueryCost } from "./query-cost";
import { createLimitError } from "./limit.errors";
import { createDocumentCache, type AnalyzedDocument, type CachedDocument } from "./document-cache";
import { type DocumentRules, checkDocument } from "./check-document";
import { parseDocument, type ParsedDocument } from "./parse-document";
import { scanDocument } from "./scan-document";

/** A GraphQL request as it came in; nothing of it is checked yet. */
export interface UncheckedRequest {
  readonly query?: unknown;
  readonly variables?: unknown;
}

/** What is known beforehand of a request that is within its limits. */
export interface RequestAnalysis {
  /** How many mutations its document holds. */
  readonly mutations: number;
  /** The document; undefined where there is none. Only the document in it may be executed: no other was held to the limits. */
  readonly document?: CachedDocument;
}

export interface RequestGuardOptions extends DocumentRules {
  /** What all documents that are kept may take on the heap. */
  readonly cacheBytes: number;
}

/** The refusal of a request that is over a limit, or what it will cost. */
export type RequestGuard = (request: UncheckedRequest) => SubgraphError | RequestAnalysis;

const NO_VARIABLES: Variables = {};

/** What `check` throws on purpose; a bug in it passes. */
function catchSubgraphError<Value>(check: () => Value): Value | SubgraphError {
  try {
    return check();
  } catch (error) {
    if (error instanceof SubgraphError) return error;
    throw error;
  }
}

/** Bytes of a text: one a character, or two where one of them is not ASCII. */
const estimateTextBytes = (text: string) => (Buffer.byteLength(text) === text.length ? 1 : 2) * text.length;

function tryParseDocument(text: string): ParsedDocument | undefined {
  try {
    return parseDocument(text);
  } catch {
    return undefined; // the server's own parser says what is wrong
  }
}

function analyzeOrThrow(text: string, rules: DocumentRules): AnalyzedDocument {
  const { limits } = rules;
  scanDocument(text, limits);
  const { document, bytes } = tryParseDocument(text) ?? {};
  if (document === undefined || bytes === undefined) return { result: undefined, bytes: 0 };
  checkDocument(document, rules);
  const queryCost = analyzeQueryCost(document, limits);
  if (queryCost.mutations > limits.providerCalls) throw createLimitError(limits, "providerCalls");
  return { result: queryCost, document, bytes: estimateTextBytes(text) + bytes + estimateHeapBytes(queryCost) };
}

/** What a document is, and what it costs; its refusal if it is over a limit. */
export function analyzeDocument(text: string, rules: DocumentRules): AnalyzedDocument {
  const analyzed = catchSubgraphError(() => analyzeOrThrow(text, rules));
  return analyzed instanceof SubgraphError ? { result: analyzed, bytes: 0 } : analyzed;
}

/**
 * Decides before anything else looks at a request whether it is within its limits; see docs/decisions/0012. What was found out
 * about a document that is seen again is kept, so it costs one look-up. What is malformed in another way passes: GraphQL says
 * it better.
 */
export function createRequestGuard({ cacheBytes, ...rules }: RequestGuardOptions): RequestGuard {
  const { limits } = rules;
  const documents = createDocumentCache(cacheBytes, (text) => analyzeDocument(text, rules));

  return ({ query, variables }) => {
    const document = typeof query === "string" ? documents.get(query) : undefined;
    const result = document?.result;
    if (result instanceof SubgraphError) return result;
    const checkedVariables =
      typeof variables === "object" && variables !== null ? (variables as Variables) : NO_VARIABLES;
    return catchSubgraphError(() => {
      checkVariables(checkedVariables, limits);
      if (result) checkCost(result, checkedVariables, limits);
      return { mutations: result?.mutations ?? 0, ...(document && { document }) };
    });
  };
}
