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

/** About what a node takes on the heap, its strings and lists included; measured (Node 24), held by a test and `bench memory`. */
const NODE_BYTES: Partial<Record<Kind, number>> = {
  [Kind.FIELD]: 264, // with the price of a list, which few of them are
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

/** Nodes that graphql-js names in errors of execution, and nothing else is looked up for. */
const KINDS_WITH_POSITION = new Set<Kind>([Kind.FIELD, Kind.VARIABLE, Kind.VARIABLE_DEFINITION]);

interface NodeWithPosition {
  position?: SourceLocation;
}

/** A document with what it takes on the heap, its text not included. */
export interface ParsedDocument {
  readonly document: DocumentNode;
  readonly bytes: number;
}

/**
 * graphql-js' parser without its locations: each holds on to two tokens and the source, and each error of execution looks
 * through the source for its line. Fields and variables keep line and column instead.
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

/** Where in the document an error of execution happened, for documents of `parseDocument`. */
export function getLocations(error: unknown): readonly SourceLocation[] | undefined {
  if (!(error instanceof GraphQLError)) return undefined;
  const locations = (error.nodes ?? []).flatMap((node) => (node as NodeWithPosition).position ?? []);
  return locations.length > 0 ? locations : undefined;
}
