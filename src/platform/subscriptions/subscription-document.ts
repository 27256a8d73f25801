import {
  type DocumentNode,
  getOperationAST,
  GraphQLError,
  type GraphQLSchema,
  OperationTypeNode,
  parse,
  validate,
} from "graphql";

const coded = (code: string, message: string) => new GraphQLError(message, { extensions: { code } });

function parsed(query: unknown): DocumentNode {
  if (typeof query !== "string") throw coded("BAD_REQUEST", "A subscription needs a document.");
  try {
    return parse(query);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    throw coded("GRAPHQL_PARSE_FAILED", error.message);
  }
}

/** The document, valid and with a subscription to be opened. Throws what is wrong with it, under Apollo Server's codes. */
export function subscriptionDocument(
  schema: GraphQLSchema,
  query: unknown,
  operationName: string | undefined,
): DocumentNode {
  const document = parsed(query);
  const [invalid] = validate(schema, document, undefined, { maxErrors: 1 });
  if (invalid) throw coded("GRAPHQL_VALIDATION_FAILED", invalid.message);
  const operation = getOperationAST(document, operationName);
  if (!operation) throw coded("OPERATION_RESOLUTION_FAILURE", "The document has no operation of that name.");
  if (operation.operation !== OperationTypeNode.SUBSCRIPTION) {
    throw coded("BAD_REQUEST", "Only a subscription can be subscribed to. Queries and mutations are sent by POST.");
  }
  return document;
}
