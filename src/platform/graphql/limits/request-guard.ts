import { SubgraphError } from "../../errors/subgraph-error";
import { checkCost } from "./check-cost";
import { checkVariables, type Variables } from "./check-variables";
import { isRecord } from "./is-record";
import { estimateHeapBytes, analyzeQueryCost } from "./query-cost";
import { createLimitError } from "./limit.errors";
import { createDocumentCache, type AnalyzedDocument, type GuardedDocument } from "./document-cache";
import { type DocumentRules, checkDocument } from "./check-document";
import { parseDocument, type ParsedDocument } from "./parse-document";
import { scanDocument } from "./scan-document";
import { estimateTextBytes } from "./text-bytes";

/** A GraphQL request before any check. */
export interface UncheckedRequest {
  readonly query?: unknown;
  readonly variables?: unknown;
}

/** The analysis of a request that is within its limits. */
export interface RequestAnalysis {
  /** Number of mutations in its document. */
  readonly mutations: number;
  /** The only document that may be executed: no other was checked. Undefined if the request has none. */
  readonly document?: GuardedDocument | undefined;
}

export interface RequestGuardOptions extends DocumentRules {
  /** Maximum size of all cached documents on the heap. */
  readonly cacheBytes: number;
}

/** Returns the analysis of a request, or the error if the request exceeds a limit. */
export type RequestGuard = (request: UncheckedRequest) => SubgraphError | RequestAnalysis;

const NO_VARIABLES: Variables = {};

/** Returns a `SubgraphError` that `check` throws. Does not catch other errors. */
function catchSubgraphError<Value>(check: () => Value): Value | SubgraphError {
  try {
    return check();
  } catch (error) {
    if (error instanceof SubgraphError) return error;
    throw error;
  }
}

function tryParseDocument(text: string): ParsedDocument | undefined {
  try {
    return parseDocument(text);
  } catch {
    return undefined; // Apollo Server parses it again and reports the syntax error
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

/** Parses and measures a document. The result is the error if the document exceeds a limit. */
export function analyzeDocument(text: string, rules: DocumentRules): AnalyzedDocument {
  const analyzed = catchSubgraphError(() => analyzeOrThrow(text, rules));
  return analyzed instanceof SubgraphError ? { result: analyzed, bytes: 0 } : analyzed;
}

/**
 * Checks a request against its limits before Apollo Server reads it; see docs/decisions/0012. The analysis of a document that is
 * seen again is cached. Requests that are malformed in another way pass: Apollo Server reports what is wrong with them.
 */
export function createRequestGuard({ cacheBytes, ...rules }: RequestGuardOptions): RequestGuard {
  const { limits } = rules;
  const documents = createDocumentCache(cacheBytes, (text) => analyzeDocument(text, rules));

  return ({ query, variables }) => {
    const document = typeof query === "string" ? documents.get(query) : undefined;
    const result = document?.result;
    if (result instanceof SubgraphError) return result;
    const checkedVariables = isRecord(variables) ? variables : NO_VARIABLES;
    return catchSubgraphError(() => {
      checkVariables(checkedVariables, limits);
      if (result) checkCost(result, checkedVariables, limits);
      return { mutations: result?.mutations ?? 0, document };
    });
  };
}
