import { GraphQLError } from "graphql";
import { SubgraphError } from "../errors/subgraph-error";

/** What a part of an answer adds to it. */
export interface AnswerPrice {
  /** Fields and list items to complete. */
  readonly nodes: number;
  /** Bytes of JSON, as far as they are known beforehand: names and punctuation, not texts. */
  readonly bytes: number;
}

export interface AnswerBudgetOptions extends AnswerPrice {
  /** Mutations of the request: a refusal says that they may have been executed. */
  readonly mutations: number;
}

/** About what creating, formatting and writing an error costs, compared with completing a field. */
const ERROR: AnswerPrice = { nodes: 40, bytes: 256 };

/** Characters of a provider's answer, as it is kept, that cost about as much to read as a field to complete. */
const CHARACTERS_PER_NODE = 40;
/** About what finding and reading a row of our own database costs. */
const NODES_PER_ROW = 5;

/** A control character is six bytes in JSON. */
const MAX_BYTES_PER_CHARACTER = 6;

/** What the answer to one request may cost. Once it is over its budget, no data leaves: see `wholeRefusal`. */
export type AnswerBudget = ReturnType<typeof createAnswerBudget>;

/** Counts nodes and bytes of one answer while it is resolved, before they are completed; see docs/decisions/0024. */
export function createAnswerBudget({ nodes: maxNodes, bytes: maxBytes, mutations }: AnswerBudgetOptions) {
  let nodes = 0;
  let bytes = 0;
  let refusal: SubgraphError | undefined;
  let located: GraphQLError | undefined;
  const afterMutation =
    mutations > 0
      ? " A mutation in the request may have been executed: repeat it with the same idempotencyKey and select less."
      : "";

  function check(): boolean {
    if (refusal) return false;
    if (nodes <= maxNodes && bytes <= maxBytes) return true;
    const message =
      nodes > maxNodes
        ? `The answer may have at most ${maxNodes} fields and list items.`
        : `The answer may have at most ${maxBytes} bytes.`;
    refusal = new SubgraphError("LIMIT_EXCEEDED", { message: message + afterMutation });
    return false;
  }

  /** Charges `count` times `price`; false if the answer is over its budget. */
  function take(count: number, price: AnswerPrice): boolean {
    nodes += count * price.nodes;
    bytes += count * price.bytes;
    return check();
  }

  /** Charges a field's error, and returns what the field is to fail with. */
  function errorFor(error: unknown): Error {
    if (take(1, ERROR)) return error as Error;
    // It has a path already, so graphql-js does not copy it for each of the fields that are left.
    return (located ??= new GraphQLError("", { path: [], originalError: refusal ?? null }));
  }

  return {
    take,
    /** Charges a text: at least one byte a character. */
    takeText(text: string): void {
      bytes += text.length;
      if (bytes > maxBytes) check();
    },
    /** Charges a provider's answer that was read for it, called for or kept. */
    takeRead(characters: number): void {
      nodes += Math.ceil(characters / CHARACTERS_PER_NODE);
      check();
    },
    /** Charges rows that were looked up for it. */
    takeRows(rows: number): void {
      nodes += rows * NODES_PER_ROW;
      check();
    },
    /** Throws what a read fails with once the answer is over its budget: nothing more is asked for it. */
    assertWithin(): void {
      if (refusal) throw errorFor(refusal);
    },
    /** Holds the answer to its exact size in bytes, which `sizeOf` finds out where it may be too long. */
    checkSize(sizeOf: () => number): void {
      if (bytes * MAX_BYTES_PER_CHARACTER <= maxBytes) return;
      bytes = sizeOf();
      check();
    },
    errorFor,
    isOver: () => refusal !== undefined,
    /** Set when the answer is over its budget: the request is refused, without data. */
    wholeRefusal: () => refusal,
  };
}
