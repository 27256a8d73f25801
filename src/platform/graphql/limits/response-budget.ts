import { GraphQLError } from "graphql";
import { SubgraphError } from "../../errors/subgraph-error";
import { type ResponseCost, type ErrorPath, countPathBytes, estimateErrorCost } from "./response-cost";

/** Reading so many characters of a cached provider response costs about as much as completing a field. */
const CHARACTERS_PER_NODE = 40;
/** Estimated cost of reading a row of the database. */
const NODES_PER_ROW = 5;

/** UTF-8 needs at most three bytes for a UTF-16 code unit. */
const MAX_BYTES_PER_CHARACTER = 3;

const RETRY_ADVICE =
  "A mutation in the request may have been executed. Retry with the same idempotencyKey and select less.";

/** The budget of one response. Once the response exceeds it, no data is sent: see `requestLevelError`. */
export type ResponseBudget = ReturnType<typeof createResponseBudget>;

/** Counts nodes and bytes of one response before graphql-js completes them; see docs/decisions/0024. */
export function createResponseBudget({ nodes: maxNodes, bytes: maxBytes }: ResponseCost) {
  let nodes = 0;
  let bytes = 0;
  let limitError: SubgraphError | undefined;
  let locatedError: GraphQLError | undefined;
  /** Instructions of the mutations that began before the error, for its message. */
  const advice = new Set<string>();

  function check(): boolean {
    if (limitError) return false;
    if (nodes <= maxNodes && bytes <= maxBytes) return true;
    const message =
      nodes > maxNodes
        ? `The response exceeds LIMIT_NODES: it must not have more than ${maxNodes} fields and list items.`
        : `The response exceeds LIMIT_RESPONSE_BYTES: it must not have more than ${maxBytes} bytes.`;
    limitError = new SubgraphError("LIMIT_EXCEEDED", { message: [message, ...advice].join(" ") });
    return false;
  }

  /** Charges `count` times `cost`. Returns false if the response exceeds its budget. */
  function charge(count: number, cost: ResponseCost): boolean {
    nodes += count * cost.nodes;
    bytes += count * cost.bytes;
    return check();
  }

  /** Charges the error of a field with this path. Returns the error that the field must throw. */
  function chargeError(error: unknown, path?: ErrorPath): Error {
    if (limitError === undefined && charge(1, estimateErrorCost(countPathBytes(path)))) return error as Error;
    // An error with a path: graphql-js does not copy it for each of the remaining fields.
    return (locatedError ??= new GraphQLError("", { path: [], originalError: limitError ?? null }));
  }

  return {
    charge,
    /** Charges a text: one byte for each character. */
    chargeText(text: string): void {
      bytes += text.length;
      if (bytes > maxBytes) check();
    },
    /** Charges a provider response, whether it was fetched or cached. */
    chargeRead(characters: number): void {
      nodes += Math.ceil(characters / CHARACTERS_PER_NODE);
      check();
    },
    /** Charges rows that were read from the database. */
    chargeRows(rows: number): void {
      nodes += rows * NODES_PER_ROW;
      check();
    },
    /** Throws if the response exceeds its budget, so that no more data is fetched for it. */
    assertWithin(): void {
      if (limitError) throw chargeError(limitError);
    },
    /** Checks the exact size of the serialized response. Computes it only if the response can be too long. */
    checkSize(text: string): void {
      if (text.length * MAX_BYTES_PER_CHARACTER <= maxBytes) return;
      bytes = text.length > maxBytes ? text.length : Buffer.byteLength(text);
      check();
    },
    /** Call before a mutation is executed: from then on, the message of the error ends with `instruction`. */
    beginMutation(instruction = RETRY_ADVICE): void {
      advice.add(instruction);
    },
    chargeError,
    isExceeded: () => limitError !== undefined,
    /** The request-level error, without data, if the response exceeds its budget. */
    requestLevelError: () => limitError,
  };
}
