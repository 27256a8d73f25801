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
import { getValidDocument } from "../valid-document";
import { type CachedDocument } from "../limits/document-cache";

const createCodedError = (code: string, message: string) => new GraphQLError(message, { extensions: { code } });

/** Throws why the guard could not parse it. Never parses it to be executed: that would be without the guard's limits. */
function rejectUnparsed(query: unknown): never {
  if (typeof query !== "string") throw createCodedError("BAD_REQUEST", "A subscription needs a document.");
  let message = "Syntax Error.";
  try {
    parse(query);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    ({ message } = error);
  }
  throw createCodedError("GRAPHQL_PARSE_FAILED", message);
}

const { SUBSCRIPTION } = OperationTypeNode;
const CONDITIONAL_DIRECTIVES: readonly string[] = ["skip", "include"];

/**
 * Whether a subscription in it may leave its one field out: there would be nothing to open. The specification forbids that, graphql-js
 * 16 does not: it throws, for a variable even while it validates.
 */
function hasConditionalRootField({ definitions }: DocumentNode): boolean {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const rootSelectionSets = new Set<SelectionSetNode>(); // grows as it is read; a fragment is in it once, so a circle of them ends
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    else if (definition.kind === Kind.OPERATION_DEFINITION && definition.operation === SUBSCRIPTION)
      rootSelectionSets.add(definition.selectionSet);
  }
  for (const { selections } of rootSelectionSets) {
    for (const selection of selections) {
      if (selection.directives?.some(({ name }) => CONDITIONAL_DIRECTIVES.includes(name.value))) return true;
      const inner = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
      if (selection.kind !== Kind.FIELD && inner?.selectionSet) rootSelectionSets.add(inner.selectionSet);
    }
  }
  return false;
}

/** A document as it is asked for; `known` is what the guard found out about it. */
export interface RequestedDocument {
  readonly query?: unknown;
  readonly operationName: string | undefined;
  readonly cached: CachedDocument | undefined;
}

/** The document, valid and with a subscription to be opened. Throws what is wrong with it, under Apollo Server's codes. */
export function validateSubscriptionDocument(
  schema: GraphQLSchema,
  { query, operationName, cached }: RequestedDocument,
): DocumentNode {
  const document = cached?.document ?? rejectUnparsed(query);
  if (hasConditionalRootField(document)) {
    throw createCodedError("BAD_REQUEST", "The field that is subscribed to cannot have @skip or @include.");
  }
  if (!getValidDocument(cached, schema)) {
    const [invalid] = validate(schema, document, undefined, { maxErrors: 1 });
    if (invalid) throw createCodedError("GRAPHQL_VALIDATION_FAILED", invalid.message);
  }
  const operation = getOperationAST(document, operationName);
  if (!operation) throw createCodedError("OPERATION_RESOLUTION_FAILURE", "The document has no operation of that name.");
  if (operation.operation !== SUBSCRIPTION) {
    throw createCodedError(
      "BAD_REQUEST",
      "Only a subscription can be subscribed to. Queries and mutations are sent by POST.",
    );
  }
  return document;
}
