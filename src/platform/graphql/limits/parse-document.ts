import {
  type ASTNode,
  type DocumentNode,
  GraphQLError,
  Kind,
  type Location,
  type SourceLocation,
  type Token,
} from "graphql";
import { Parser } from "graphql/language/parser.js";

/** Estimated bytes of a node on the heap, with its strings and lists. Measured with Node 24; a test and `bench -- memory` verify it. */
const NODE_BYTES: Partial<Record<Kind, number>> = {
  [Kind.FIELD]: 264, // with the cached cost of a list item, which few fields have
  [Kind.SELECTION_SET]: 136,
  [Kind.OPERATION_DEFINITION]: 240,
  [Kind.FRAGMENT_DEFINITION]: 200,
  [Kind.FRAGMENT_SPREAD]: 160,
  [Kind.INLINE_FRAGMENT]: 160,
  [Kind.DIRECTIVE]: 140,
  [Kind.VARIABLE_DEFINITION]: 180,
  [Kind.VARIABLE]: 120,
};
const OTHER_NODE_BYTES = 88;

/** The nodes that graphql-js attaches to execution errors. */
const KINDS_WITH_POSITION = new Set<Kind>([Kind.FIELD, Kind.VARIABLE, Kind.VARIABLE_DEFINITION]);

interface NodeWithPosition {
  position?: SourceLocation;
}

/** A document with its estimated size on the heap, without its text. */
export interface ParsedDocument {
  readonly document: DocumentNode;
  readonly bytes: number;
}

/**
 * graphql-js' parser without its locations: each location references two tokens and the source, and each execution error
 * searches the source for its line. Fields and variables store line and column instead.
 */
class CompactParser extends Parser {
  bytes = 0;

  constructor(text: string) {
    super(text, { noLocation: true });
  }

  override node<Node extends { loc?: Location }>(start: Token, node: Node): Node {
    const { kind } = node as unknown as ASTNode;
    this.bytes += NODE_BYTES[kind] ?? OTHER_NODE_BYTES;
    if (KINDS_WITH_POSITION.has(kind)) (node as NodeWithPosition).position = { line: start.line, column: start.column };
    return node;
  }
}

/** Throws GraphQLError for a syntax error. */
export function parseDocument(text: string): ParsedDocument {
  const parser = new CompactParser(text);
  const document = parser.parseDocument();
  return { document, bytes: parser.bytes };
}

/** The locations of an execution error, for documents of `parseDocument`. */
export function getLocations(error: unknown): readonly SourceLocation[] | undefined {
  if (!(error instanceof GraphQLError)) return undefined;
  const locations = (error.nodes ?? []).flatMap((node) => (node as NodeWithPosition).position ?? []);
  return locations.length > 0 ? locations : undefined;
}
