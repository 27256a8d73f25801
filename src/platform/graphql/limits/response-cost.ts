import { type GraphQLResolveInfo } from "graphql";

/** The cost of a part of a response. */
export interface ResponseCost {
  /** Fields and list items to complete. */
  readonly nodes: number;
  /** Bytes of JSON for names and punctuation; texts are charged with their real length. */
  readonly bytes: number;
}

export type ErrorPath = GraphQLResolveInfo["path"];

/** Estimated cost of creating, formatting and serializing an error; completing a field costs one node. */
const ERROR_COST: ResponseCost = { nodes: 40, bytes: 256 };
/** Quotes and a comma around a name, or an index with its comma. */
const KEY_BYTES = 4;

/** Bytes of a path in JSON. A name can be as long as the document, and each error repeats the names above its field. */
export function countPathBytes(path: ErrorPath | undefined): number {
  let bytes = 0;
  for (let segment = path; segment; segment = segment.prev)
    bytes += KEY_BYTES + (typeof segment.key === "string" ? segment.key.length : 0);
  return bytes;
}

/** The cost of one error, by the bytes of its path. */
export const estimateErrorCost = (pathBytes: number): ResponseCost => ({
  nodes: ERROR_COST.nodes,
  bytes: ERROR_COST.bytes + pathBytes,
});
