import {
  type DocumentNode,
  type FragmentDefinitionNode,
  getOperationAST,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  type SelectionSetNode,
  validate,
} from "graphql";
import { RequestError } from "../request-errors/request-error";
import { describeSyntaxError } from "../request-errors/describe-syntax-error";
import { type RequestErrorDescriber } from "../request-errors/request-error-describer";
import { getValidDocument } from "../valid-document";
import { type GuardedDocument } from "../limits/document-cache";

const createCodedError = (code: string, message: string) => new GraphQLError(message, { extensions: { code } });

/** Throws the syntax error. Parses the text only for its message: a document that the guard did not check is never executed. */
function rejectUnparsed(query: unknown): never {
  if (typeof query !== "string") throw createCodedError("BAD_REQUEST", "A subscription must have a query.");
  try {
    parse(query);
  } catch (error) {
    throw error instanceof GraphQLError ? describeSyntaxError(error) : error;
  }
  throw new RequestError("Syntax Error.", "GRAPHQL_PARSE_FAILED");
}

/** All errors for which a subscription was not opened. */
export class SubscriptionNotOpened extends Error {
  constructor(readonly errors: readonly GraphQLError[]) {
    super();
  }
}

const { SUBSCRIPTION } = OperationTypeNode;
const CONDITIONAL_DIRECTIVES: readonly string[] = ["skip", "include"];

/**
 * Whether `@skip` or `@include` can omit a subscription's root field. The GraphQL specification forbids both there. graphql-js 16
 * does not: it throws, and for a variable even during validation.
 */
function hasConditionalRootField({ definitions }: DocumentNode): boolean {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const rootSelectionSets = new Set<SelectionSetNode>(); // grows while it is iterated; contains each fragment once, so cycles end
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

export interface SubscriptionDocument {
  readonly query?: unknown;
  readonly operationName: string | undefined;
  /** The document of `query` that the request guard checked. */
  readonly guarded: GuardedDocument | undefined;
}

export interface ValidSubscription {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

/**
 * Returns the document if it is valid and the operation is a subscription. Throws an error with one of Apollo Server's codes, or
 * `SubscriptionNotOpened`.
 */
export function validateSubscriptionDocument(
  schema: GraphQLSchema,
  errorDescriber: RequestErrorDescriber,
  { query, operationName, guarded }: SubscriptionDocument,
): ValidSubscription {
  const document = guarded?.document ?? rejectUnparsed(query);
  if (hasConditionalRootField(document)) {
    throw createCodedError("BAD_REQUEST", "The root field of a subscription must not have @skip or @include.");
  }
  if (!getValidDocument(guarded, schema)) {
    const errors = validate(schema, document);
    if (errors.length > 0) throw new SubscriptionNotOpened(errorDescriber.describeDocumentErrors(errors, document));
  }
  const operation = getOperationAST(document, operationName);
  if (!operation) throw createCodedError("OPERATION_RESOLUTION_FAILURE", "The document has no operation of that name.");
  if (operation.operation !== SUBSCRIPTION) {
    throw createCodedError("BAD_REQUEST", "Only subscriptions are supported here. Send queries and mutations by POST.");
  }
  return { document, operation };
}
