import { type GraphQLResolveInfo } from "graphql";

/** What a part of an answer adds to it. */
export interface AnswerPrice {
  /** Fields and list items to complete. */
  readonly nodes: number;
  /** Bytes of JSON, as far as they are known beforehand: names and punctuation, not texts. */
  readonly bytes: number;
}

export type ErrorPath = GraphQLResolveInfo["path"];

/** About what creating, formatting and writing an error costs, compared with completing a field. */
const ERROR: AnswerPrice = { nodes: 40, bytes: 256 };
/** Quotes and a comma around a name, or an index with its comma. */
const KEY_BYTES = 4;

/** Bytes of a path in JSON. Names may be as long as the document, and each error repeats those above it. */
export function pathBytes(path: ErrorPath | undefined): number {
  let bytes = 0;
  for (let at = path; at; at = at.prev) bytes += KEY_BYTES + (typeof at.key === "string" ? at.key.length : 0);
  return bytes;
}

/** What one error costs, whose path has so many bytes. */
export const priceOfError = (bytes: number): AnswerPrice => ({ nodes: ERROR.nodes, bytes: ERROR.bytes + bytes });
