import { type GraphQLResolveInfo } from "graphql";

/** What a part of an answer adds to it. */
export interface ResponseCost {
  /** Fields and list items to complete. */
  readonly nodes: number;
  /** Bytes of JSON, as far as they are known beforehand: names and punctuation, not texts. */
  readonly bytes: number;
}

export type ErrorPath = GraphQLResolveInfo["path"];

/** About what creating, formatting and writing an error costs, compared with completing a field. */
const ERROR_COST: ResponseCost = { nodes: 40, bytes: 256 };
/** Quotes and a comma around a name, or an index with its comma. */
const KEY_BYTES = 4;

/** Bytes of a path in JSON. Names may be as long as the document, and each error repeats those above it. */
export function countPathBytes(path: ErrorPath | undefined): number {
  let bytes = 0;
  for (let segment = path; segment; segment = segment.prev)
    bytes += KEY_BYTES + (typeof segment.key === "string" ? segment.key.length : 0);
  return bytes;
}

/** What one error costs, whose path has so many bytes. */
export const estimateErrorCost = (pathBytes: number): ResponseCost => ({
  nodes: ERROR_COST.nodes,
  bytes: ERROR_COST.bytes + pathBytes,
});
