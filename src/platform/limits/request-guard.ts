import { parse } from "graphql";
import { LRUCache } from "lru-cache";
import { SubgraphError } from "../errors/subgraph-error";
import { checkCost } from "./check-cost";
import { checkVariables, type Variables } from "./check-variables";
import { type DocumentWork, workOf } from "./document-work";
import { type Limits, overLimit } from "./limit.errors";
import { measureDocument } from "./measure-document";
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
/** What remembering a document costs: its text, at most as much again for the representations in it, and some more. */
const costOf = (text: string) => 1024 + 4 * text.length;

type Verdict = SubgraphError | DocumentWork;

const NO_WORK: DocumentWork = { branches: [], mutations: 0 };
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

function judge(text: string, limits: Limits): DocumentWork {
  scanDocument(text, limits);
  let document;
  try {
    document = parse(text, { noLocation: true });
  } catch {
    return NO_WORK; // the server's own parser says what is wrong
  }
  measureDocument(document, limits);
  const work = workOf(document);
  if (work.mutations > limits.providerCalls) throw overLimit(limits, "providerCalls");
  return work;
}

/**
 * Decides before anything else looks at a request whether it is within its limits; see docs/decisions/0012. The verdict on a
 * document is remembered by its text, so a document that was seen before costs one look-up. What is malformed in another way
 * passes: GraphQL says it better.
 */
export function createRequestGuard(limits: Limits): RequestGuard {
  const verdicts = new LRUCache<string, Verdict>({
    maxSize: MEMORY_BYTES,
    sizeCalculation: (_verdict, text) => costOf(text),
  });

  function judgeOnce(text: string): Verdict {
    const known = verdicts.get(text);
    if (known) return known;
    const verdict = refusalOf(() => judge(text, limits));
    verdicts.set(text, verdict);
    return verdict;
  }

  return ({ query, variables }) => {
    const verdict = typeof query === "string" ? judgeOnce(query) : NO_WORK;
    if (verdict instanceof SubgraphError) return verdict;
    const given = typeof variables === "object" && variables !== null ? (variables as Variables) : NO_VARIABLES;
    return refusalOf(() => {
      checkVariables(given, limits);
      checkCost(verdict.branches, given, limits);
      return verdict;
    });
  };
}
