import { type ASTNode, GraphQLError, type GraphQLErrorOptions } from "graphql";

/** Errors that one response reports. The client corrects these first. */
export const MAX_ERRORS = 20;

/** Apollo Server's codes for errors in a request. */
export type RequestErrorCode = "GRAPHQL_PARSE_FAILED" | "GRAPHQL_VALIDATION_FAILED" | "BAD_USER_INPUT";

/**
 * An error whose message consists of our words and of names, never of a value, so that clients receive it unchanged. The messages
 * of graphql-js quote rejected values, which can be personal data.
 */
export class RequestError extends GraphQLError {
  constructor(message: string, code: RequestErrorCode, options: GraphQLErrorOptions = {}) {
    super(message, { ...options, extensions: { ...options.extensions, code } });
  }
}

/** The words of an error, before equal ones are merged. */
export interface ErrorDescription {
  readonly message: string;
  readonly code: RequestErrorCode;
  readonly nodes: readonly ASTNode[];
}

/** One error for each message: its locations are those of every place with that error. */
export function toRequestErrors(
  descriptions: readonly ErrorDescription[],
  extensions?: GraphQLErrorOptions["extensions"],
): RequestError[] {
  const byMessage = new Map<string, ErrorDescription>();
  for (const description of descriptions) {
    const { message, nodes } = description;
    const earlier = byMessage.get(message);
    byMessage.set(message, earlier ? { ...earlier, nodes: [...new Set([...earlier.nodes, ...nodes])] } : description);
  }
  return [...byMessage.values()]
    .slice(0, MAX_ERRORS)
    .map(
      ({ message, code, nodes }) => new RequestError(message, code, { extensions, nodes: nodes.slice(0, MAX_ERRORS) }),
    );
}
