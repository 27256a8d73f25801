import { GraphQLError } from "graphql";
import { SubgraphError } from "../../errors/subgraph-error";
import { type ResponseCost, type ErrorPath, countPathBytes, estimateErrorCost } from "./response-cost";

/** Characters of a provider's answer, as it is kept, that cost about as much to read as a field to complete. */
const CHARACTERS_PER_NODE = 40;
/** About what finding and reading a row of our own database costs. */
const NODES_PER_ROW = 5;

/** UTF-8 takes at most three bytes for a UTF-16 code unit. */
const MAX_BYTES_PER_CHARACTER = 3;

const RETRY_ADVICE =
  "A mutation in the request may have been executed: repeat it with the same idempotencyKey and select less.";

/** What the answer to one request may cost. Once it is over its budget, no data leaves: see `requestLevelError`. */
export type ResponseBudget = ReturnType<typeof createResponseBudget>;

/** Counts nodes and bytes of one answer while it is resolved, before they are completed; see docs/decisions/0024. */
export function createResponseBudget({ nodes: maxNodes, bytes: maxBytes }: ResponseCost) {
  let nodes = 0;
  let bytes = 0;
  let limitError: SubgraphError | undefined;
  let locatedError: GraphQLError | undefined;
  /** What a refusal says about the mutations that were begun before it. */
  const advice = new Set<string>();

  function check(): boolean {
    if (limitError) return false;
    if (nodes <= maxNodes && bytes <= maxBytes) return true;
    const message =
      nodes > maxNodes
        ? `The answer may have at most ${maxNodes} fields and list items.`
        : `The answer may have at most ${maxBytes} bytes.`;
    limitError = new SubgraphError("LIMIT_EXCEEDED", { message: [message, ...advice].join(" ") });
    return false;
  }

  /** Charges `count` times `price`; false if the answer is over its budget. */
  function charge(count: number, cost: ResponseCost): boolean {
    nodes += count * cost.nodes;
    bytes += count * cost.bytes;
    return check();
  }

  /** Charges the error of a field with this path, and returns what the field is to fail with. */
  function chargeError(error: unknown, path?: ErrorPath): Error {
    if (limitError === undefined && charge(1, estimateErrorCost(countPathBytes(path)))) return error as Error;
    // It has a path already, so graphql-js does not copy it for each of the fields that are left.
    return (locatedError ??= new GraphQLError("", { path: [], originalError: limitError ?? null }));
  }

  return {
    charge,
    /** Charges a text: at least one byte a character. */
    chargeText(text: string): void {
      bytes += text.length;
      if (bytes > maxBytes) check();
    },
    /** Charges a provider's answer that was read for it, called for or kept. */
    chargeRead(characters: number): void {
      nodes += Math.ceil(characters / CHARACTERS_PER_NODE);
      check();
    },
    /** Charges rows that were looked up for it. */
    chargeRows(rows: number): void {
      nodes += rows * NODES_PER_ROW;
      check();
    },
    /** Throws what a read fails with once the answer is over its budget: nothing more is asked for it. */
    assertWithin(): void {
      if (limitError) throw chargeError(limitError);
    },
    /** Holds the answer, as it would be sent, to its exact size in bytes, which is looked at only if it may be too long. */
    checkSize(text: string): void {
      if (text.length * MAX_BYTES_PER_CHARACTER <= maxBytes) return;
      bytes = text.length > maxBytes ? text.length : Buffer.byteLength(text);
      check();
    },
    /** A mutation is executed next; a refusal from here on ends with `instruction`. */
    beginMutation(instruction = RETRY_ADVICE): void {
      advice.add(instruction);
    },
    chargeError,
    isExceeded: () => limitError !== undefined,
    /** Set when the answer is over its budget: the request is refused, without data. */
    requestLevelError: () => limitError,
  };
}
