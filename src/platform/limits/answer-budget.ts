import { GraphQLError } from "graphql";
import { SubgraphError } from "../errors/subgraph-error";
import { type AnswerPrice, type ErrorPath, pathBytes, priceOfError } from "./answer-price";

/** Characters of a provider's answer, as it is kept, that cost about as much to read as a field to complete. */
const CHARACTERS_PER_NODE = 40;
/** About what finding and reading a row of our own database costs. */
const NODES_PER_ROW = 5;

/** UTF-8 takes at most three bytes for a UTF-16 code unit. */
const MAX_BYTES_PER_CHARACTER = 3;

const REPEAT =
  "A mutation in the request may have been executed: repeat it with the same idempotencyKey and select less.";

/** What the answer to one request may cost. Once it is over its budget, no data leaves: see `wholeRefusal`. */
export type AnswerBudget = ReturnType<typeof createAnswerBudget>;

/** Counts nodes and bytes of one answer while it is resolved, before they are completed; see docs/decisions/0024. */
export function createAnswerBudget({ nodes: maxNodes, bytes: maxBytes }: AnswerPrice) {
  let nodes = 0;
  let bytes = 0;
  let refusal: SubgraphError | undefined;
  let located: GraphQLError | undefined;
  /** What a refusal says about the mutations that were begun before it. */
  const advice = new Set<string>();

  function check(): boolean {
    if (refusal) return false;
    if (nodes <= maxNodes && bytes <= maxBytes) return true;
    const message =
      nodes > maxNodes
        ? `The answer may have at most ${maxNodes} fields and list items.`
        : `The answer may have at most ${maxBytes} bytes.`;
    refusal = new SubgraphError("LIMIT_EXCEEDED", { message: [message, ...advice].join(" ") });
    return false;
  }

  /** Charges `count` times `price`; false if the answer is over its budget. */
  function take(count: number, price: AnswerPrice): boolean {
    nodes += count * price.nodes;
    bytes += count * price.bytes;
    return check();
  }

  /** Charges the error of a field with this path, and returns what the field is to fail with. */
  function errorFor(error: unknown, path?: ErrorPath): Error {
    if (refusal === undefined && take(1, priceOfError(pathBytes(path)))) return error as Error;
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
    /** Holds the answer, as it would be sent, to its exact size in bytes, which is looked at only if it may be too long. */
    checkSize(text: string): void {
      if (text.length * MAX_BYTES_PER_CHARACTER <= maxBytes) return;
      bytes = text.length > maxBytes ? text.length : Buffer.byteLength(text);
      check();
    },
    /** A mutation is executed next; a refusal from here on ends with `whatToDo`. */
    beginMutation(whatToDo = REPEAT): void {
      advice.add(whatToDo);
    },
    errorFor,
    isOver: () => refusal !== undefined,
    /** Set when the answer is over its budget: the request is refused, without data. */
    wholeRefusal: () => refusal,
  };
}
