import { type ASTNode, GraphQLError, type GraphQLErrorOptions } from "graphql";

/** Mistakes that one response reports. The client corrects these first. */
export const MAX_MISTAKES = 20;

/** Apollo Server's codes for mistakes in a request. */
export type MistakeCode = "GRAPHQL_PARSE_FAILED" | "GRAPHQL_VALIDATION_FAILED" | "BAD_USER_INPUT";

/**
 * An error whose message consists of our words and of names, never of a value, so that clients receive it unchanged. The messages
 * of graphql-js quote rejected values, which can be personal data.
 */
export class ExplainedError extends GraphQLError {
  constructor(message: string, code: MistakeCode, options: GraphQLErrorOptions = {}) {
    super(message, { ...options, extensions: { ...options.extensions, code } });
  }
}

/** The words of an error, before equal ones are merged. */
export interface Explanation {
  readonly message: string;
  readonly code: MistakeCode;
  readonly nodes: readonly ASTNode[];
}

/** One error for each message: its locations are those of every place with that mistake. */
export function toExplainedErrors(
  explanations: readonly Explanation[],
  extensions?: GraphQLErrorOptions["extensions"],
): ExplainedError[] {
  const byMessage = new Map<string, Explanation>();
  for (const explanation of explanations) {
    const { message, nodes } = explanation;
    const earlier = byMessage.get(message);
    byMessage.set(message, earlier ? { ...earlier, nodes: [...new Set([...earlier.nodes, ...nodes])] } : explanation);
  }
  return [...byMessage.values()]
    .slice(0, MAX_MISTAKES)
    .map(
      ({ message, code, nodes }) =>
        new ExplainedError(message, code, { extensions, nodes: nodes.slice(0, MAX_MISTAKES) }),
    );
}
