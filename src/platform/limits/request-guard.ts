import { parse } from "graphql";
import { LRUCache } from "lru-cache";
import { SubgraphError } from "../errors/subgraph-error";
import { newPrice } from "./branch-price";
import { checkCost } from "./check-cost";
import { checkVariables, type Variables } from "./check-variables";
import { bytesOf, type DocumentWork, workOf } from "./document-work";
import { overLimit } from "./limit.errors";
import { type DocumentRules, measureDocument } from "./measure-document";
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
}

/** The refusal of a request that is over a limit, or what it will cost. */
export type RequestGuard = (request: UncheckedRequest) => SubgraphError | RequestCost;

/** What is remembered of documents: their text and what was found out about them. */
const MEMORY_BYTES = 8 * 2 ** 20;
/** What is larger is found out anew each time: no document pushes out many others. */
const ONE_DOCUMENT_BYTES = 96 * 2 ** 10;
/** A key, its entry and two bytes a character. */
const textBytes = (text: string) => 512 + 2 * text.length;

type Verdict = SubgraphError | DocumentWork;

const NO_WORK: DocumentWork = { once: newPrice(), forEach: new Map(), literals: new Set(), mutations: 0 };
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

function judge(text: string, rules: DocumentRules): DocumentWork {
  const { limits } = rules;
  scanDocument(text, limits);
  let document;
  try {
    document = parse(text, { noLocation: true });
  } catch {
    return NO_WORK; // the server's own parser says what is wrong
  }
  measureDocument(document, rules);
  const work = workOf(document, limits);
  if (work.mutations > limits.providerCalls) throw overLimit(limits, "providerCalls");
  return work;
}

/**
 * Decides before anything else looks at a request whether it is within its limits; see docs/decisions/0012. The verdict on a
 * document is remembered by its text, so a document that was seen before costs one look-up. What is malformed in another way
 * passes: GraphQL says it better.
 */
export function createRequestGuard(rules: DocumentRules): RequestGuard {
  const { limits } = rules;
  const verdicts = new LRUCache<string, Verdict>({
    maxSize: MEMORY_BYTES,
    maxEntrySize: ONE_DOCUMENT_BYTES,
    sizeCalculation: (verdict, text) => textBytes(text) + (verdict instanceof SubgraphError ? 0 : bytesOf(verdict)),
  });
  // By message: an error's stack holds on to what was under way when it was made, and so to the document.
  const refusals = new Map<string, SubgraphError>();

  function keep(verdict: Verdict): Verdict {
    if (!(verdict instanceof SubgraphError)) return verdict;
    const refusal = refusals.get(verdict.message) ?? verdict;
    refusals.set(verdict.message, refusal);
    return refusal;
  }

  function judgeOnce(text: string): Verdict {
    const known = verdicts.get(text);
    if (known) return known;
    const verdict = keep(refusalOf(() => judge(text, rules)));
    verdicts.set(text, verdict);
    return verdict;
  }

  return ({ query, variables }) => {
    const verdict = typeof query === "string" ? judgeOnce(query) : NO_WORK;
    if (verdict instanceof SubgraphError) return verdict;
    const given = typeof variables === "object" && variables !== null ? (variables as Variables) : NO_VARIABLES;
    return refusalOf(() => {
      checkVariables(given, limits);
      checkCost(verdict, given, limits);
      return verdict;
    });
  };
}
