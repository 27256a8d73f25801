import { SubgraphError } from "../errors/subgraph-error";
import { checkCost } from "./check-cost";
import { checkVariables, type Variables } from "./check-variables";
import { bytesOf, workOf } from "./document-work";
import { overLimit } from "./limit.errors";
import { createKnownDocuments, type ExaminedDocument, type KnownDocument } from "./known-documents";
import { type DocumentRules, measureDocument } from "./measure-document";
import { parseDocument, type ParsedDocument } from "./parse-document";
import { scanDocument } from "./scan-document";

/** A GraphQL request as it came in; nothing of it is checked yet. */
export interface UncheckedRequest {
  readonly query?: unknown;
  readonly variables?: unknown;
}

/** What is known beforehand of a request that is within its limits. */
export interface RequestCost {
  /** How many mutations its document holds. */
  readonly mutations: number;
  /** The document; undefined where there is none. Only the document in it may be executed: no other was held to the limits. */
  readonly document?: KnownDocument;
}

export interface RequestGuardOptions extends DocumentRules {
  /** What all documents that are kept may take on the heap. */
  readonly cacheBytes: number;
}

/** The refusal of a request that is over a limit, or what it will cost. */
export type RequestGuard = (request: UncheckedRequest) => SubgraphError | RequestCost;

const NO_VARIABLES: Variables = {};

/** What `check` throws on purpose; a bug in it passes. */
function refusalOf<Value>(check: () => Value): Value | SubgraphError {
  try {
    return check();
  } catch (error) {
    if (error instanceof SubgraphError) return error;
    throw error;
  }
}

/** Bytes of a text: one a character, or two where one of them is not ASCII. */
const textBytes = (text: string) => (Buffer.byteLength(text) === text.length ? 1 : 2) * text.length;

function parsed(text: string): ParsedDocument | undefined {
  try {
    return parseDocument(text);
  } catch {
    return undefined; // the server's own parser says what is wrong
  }
}

function measured(text: string, rules: DocumentRules): ExaminedDocument {
  const { limits } = rules;
  scanDocument(text, limits);
  const { document, bytes } = parsed(text) ?? {};
  if (document === undefined || bytes === undefined) return { verdict: undefined, bytes: 0 };
  measureDocument(document, rules);
  const work = workOf(document, limits);
  if (work.mutations > limits.providerCalls) throw overLimit(limits, "providerCalls");
  return { verdict: work, document, bytes: textBytes(text) + bytes + bytesOf(work) };
}

/** What a document is, and what it costs; its refusal if it is over a limit. */
export function examineDocument(text: string, rules: DocumentRules): ExaminedDocument {
  const examined = refusalOf(() => measured(text, rules));
  return examined instanceof SubgraphError ? { verdict: examined, bytes: 0 } : examined;
}

/**
 * Decides before anything else looks at a request whether it is within its limits; see docs/decisions/0012. What was found out
 * about a document that is seen again is kept, so it costs one look-up. What is malformed in another way passes: GraphQL says
 * it better.
 */
export function createRequestGuard({ cacheBytes, ...rules }: RequestGuardOptions): RequestGuard {
  const { limits } = rules;
  const documents = createKnownDocuments(cacheBytes, (text) => examineDocument(text, rules));

  return ({ query, variables }) => {
    const document = typeof query === "string" ? documents.get(query) : undefined;
    const verdict = document?.verdict;
    if (verdict instanceof SubgraphError) return verdict;
    const given = typeof variables === "object" && variables !== null ? (variables as Variables) : NO_VARIABLES;
    return refusalOf(() => {
      checkVariables(given, limits);
      if (verdict) checkCost(verdict, given, limits);
      return { mutations: verdict?.mutations ?? 0, ...(document && { document }) };
    });
  };
}
