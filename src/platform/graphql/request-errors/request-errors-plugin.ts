import { type ApolloServerPlugin, type GraphQLRequestContext, type BaseContext } from "@apollo/server";
import { type GraphQLError } from "graphql";
import { replaceErrors } from "../replace-errors";
import { describeSyntaxError } from "./describe-syntax-error";
import { type RequestErrorDescriber } from "./request-error-describer";

/** Replaces the errors of graphql-js for errors in a request by errors that a client may read. */
export function createRequestErrorsPlugin(errorDescriber: RequestErrorDescriber): ApolloServerPlugin {
  function describeErrors(
    errors: readonly GraphQLError[],
    { document, operation, request }: GraphQLRequestContext<BaseContext>,
  ): readonly GraphQLError[] | undefined {
    const [first] = errors;
    if (first?.extensions["code"] === "GRAPHQL_PARSE_FAILED") return [describeSyntaxError(first)];
    if (first?.extensions["code"] === "GRAPHQL_VALIDATION_FAILED" && document)
      return errorDescriber.describeDocumentErrors(errors, document);
    return operation && errorDescriber.describeVariableErrors(errors, operation, request.variables);
  }

  return {
    requestDidStart: () =>
      Promise.resolve({
        didEncounterErrors(context) {
          const described = describeErrors(context.errors, context);
          if (described) replaceErrors(context, described);
          return Promise.resolve();
        },
      }),
  };
}
