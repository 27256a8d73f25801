import {
  type DocumentNode,
  type FragmentDefinitionNode,
  getOperationAST,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  OperationTypeNode,
  parse,
  type SelectionSetNode,
  validate,
} from "graphql";
import { validDocument } from "../graphql/valid-document";
import { type KnownDocument } from "../limits/known-documents";

const coded = (code: string, message: string) => new GraphQLError(message, { extensions: { code } });

/** Throws why the guard could not parse it. Never parses it to be executed: that would be without the guard's limits. */
function refuseUnparsed(query: unknown): never {
  if (typeof query !== "string") throw coded("BAD_REQUEST", "A subscription needs a document.");
  let message = "Syntax Error.";
  try {
    parse(query);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    ({ message } = error);
  }
  throw coded("GRAPHQL_PARSE_FAILED", message);
}

const { SUBSCRIPTION } = OperationTypeNode;
const CONDITIONS: readonly string[] = ["skip", "include"];

/**
 * Whether a subscription in it may leave its one field out: there would be nothing to open. The specification forbids that, graphql-js
 * 16 does not: it throws, for a variable even while it validates.
 */
function isConditional({ definitions }: DocumentNode): boolean {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const atRoot = new Set<SelectionSetNode>(); // grows as it is read; a fragment is in it once, so a circle of them ends
  for (const one of definitions) {
    if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one);
    else if (one.kind === Kind.OPERATION_DEFINITION && one.operation === SUBSCRIPTION) atRoot.add(one.selectionSet);
  }
  for (const { selections } of atRoot) {
    for (const selection of selections) {
      if (selection.directives?.some(({ name }) => CONDITIONS.includes(name.value))) return true;
      const inner = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
      if (selection.kind !== Kind.FIELD && inner?.selectionSet) atRoot.add(inner.selectionSet);
    }
  }
  return false;
}

/** A document as it is asked for; `known` is what the guard found out about it. */
export interface AskedDocument {
  readonly query?: unknown;
  readonly operationName: string | undefined;
  readonly known: KnownDocument | undefined;
}

/** The document, valid and with a subscription to be opened. Throws what is wrong with it, under Apollo Server's codes. */
export function subscriptionDocument(
  schema: GraphQLSchema,
  { query, operationName, known }: AskedDocument,
): DocumentNode {
  const document = known?.document ?? refuseUnparsed(query);
  if (isConditional(document)) {
    throw coded("BAD_REQUEST", "The field that is subscribed to cannot have @skip or @include.");
  }
  if (!validDocument(known, schema)) {
    const [invalid] = validate(schema, document, undefined, { maxErrors: 1 });
    if (invalid) throw coded("GRAPHQL_VALIDATION_FAILED", invalid.message);
  }
  const operation = getOperationAST(document, operationName);
  if (!operation) throw coded("OPERATION_RESOLUTION_FAILURE", "The document has no operation of that name.");
  if (operation.operation !== SUBSCRIPTION) {
    throw coded("BAD_REQUEST", "Only a subscription can be subscribed to. Queries and mutations are sent by POST.");
  }
  return document;
}
