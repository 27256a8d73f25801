import { parse } from "graphql";
import { LRUCache } from "lru-cache";
import { SubgraphError } from "../errors/subgraph-error";
import { checkRepresentations } from "./check-representations";
import { checkVariables, type Variables } from "./check-variables";
import { type EntitiesField } from "./entities-field";
import { type Limits } from "./limit.errors";
import { measureDocument } from "./measure-document";
import { scanDocument } from "./scan-document";

/** A GraphQL request as it came in; nothing of it is checked yet. */
export interface UncheckedRequest {
  readonly query?: unknown;
  readonly variables?: unknown;
}

/** The refusal of a request that is over a limit, or nothing. */
export type RequestGuard = (request: UncheckedRequest) => SubgraphError | undefined;

/** What is remembered of documents: their text and what was found out about them. */
const MEMORY_BYTES = 8 * 2 ** 20;
/** What remembering a document costs beyond its text. */
const ENTRY_BYTES = 512;

type Verdict = SubgraphError | readonly EntitiesField[];

const NOTHING: Variables = {};

/** What `check` throws on purpose; a bug in it passes. */
function refusalOf<Value>(check: () => Value): Value | SubgraphError {
  try {
    return check();
  } catch (error) {
    if (error instanceof SubgraphError) return error;
    throw error;
  }
}

function judge(text: string, limits: Limits): readonly EntitiesField[] {
  scanDocument(text, limits);
  let document;
  try {
    document = parse(text, { noLocation: true });
  } catch {
    return []; // the server's own parser says what is wrong
  }
  return measureDocument(document, limits);
}

/**
 * Decides before anything else looks at a request whether it is within its limits; see docs/decisions/0012. The verdict on a
 * document is remembered by its text, so a document that was seen before costs one look-up. What is malformed in another way
 * passes: GraphQL says it better.
 */
export function createRequestGuard(limits: Limits): RequestGuard {
  const verdicts = new LRUCache<string, Verdict>({
    maxSize: MEMORY_BYTES,
    sizeCalculation: (verdict, text) => ENTRY_BYTES + 2 * text.length + ("length" in verdict ? sizeOf(verdict) : 0),
  });

  function judgeOnce(text: string): Verdict {
    const known = verdicts.get(text);
    if (known) return known;
    const verdict = refusalOf(() => judge(text, limits));
    verdicts.set(text, verdict);
    return verdict;
  }

  return ({ query, variables }) => {
    const verdict = typeof query === "string" ? judgeOnce(query) : [];
    if (verdict instanceof SubgraphError) return verdict;
    const given = typeof variables === "object" && variables !== null ? (variables as Variables) : NOTHING;
    const refusal = refusalOf(() => {
      checkVariables(given, limits);
      checkRepresentations(verdict, given, limits);
    });
    return refusal ?? undefined;
  };
}

/** The texts that a verdict holds. */
function sizeOf(entities: readonly EntitiesField[]): number {
  const texts = entities.flatMap(({ literals, variables }) => [
    ...literals,
    ...variables.flatMap(({ name, fallback }) => [name, ...fallback]),
  ]);
  return texts.reduce((sum, text) => sum + 2 * text.length, 0);
}
