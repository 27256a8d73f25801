import { type ApolloServerPlugin, type GraphQLRequestContext, type BaseContext } from "@apollo/server";
import { type GraphQLError } from "graphql";
import { explainSyntaxError } from "./explain-syntax-error";
import { type MistakeExplainer } from "./mistake-explainer";

/** Replaces the errors of graphql-js for mistakes in a request by errors that a client may read. */
export function createExplainMistakesPlugin(explainer: MistakeExplainer): ApolloServerPlugin {
  function explainErrors(
    errors: readonly GraphQLError[],
    { document, operation, request }: GraphQLRequestContext<BaseContext>,
  ): readonly GraphQLError[] | undefined {
    const [first] = errors;
    if (first?.extensions["code"] === "GRAPHQL_PARSE_FAILED") return [explainSyntaxError(first)];
    if (first?.extensions["code"] === "GRAPHQL_VALIDATION_FAILED" && document)
      return explainer.explainDocument(errors, document);
    return operation && explainer.explainVariables(errors, operation, request.variables);
  }

  return {
    requestDidStart: () =>
      Promise.resolve({
        didEncounterErrors(context) {
          const explained = explainErrors(context.errors, context);
          // Apollo Server formats this list next.
          if (explained) (context.errors as GraphQLError[]).splice(0, Infinity, ...explained);
          return Promise.resolve();
        },
      }),
  };
}
