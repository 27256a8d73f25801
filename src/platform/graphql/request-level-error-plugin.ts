import { type ApolloServerPlugin, type BaseContext } from "@apollo/server";
import { type GraphQLError } from "graphql";
import { type LimitedContext } from "./limits/limited-context";

type Context = BaseContext & Pick<LimitedContext, "requestLevelError">;

/**
 * Drops the result of a request with a request-level error before it is formatted and serialized: it can have thousands of errors
 * and megabytes of data. The route sends the error.
 */
export function createRequestLevelErrorPlugin(): ApolloServerPlugin<Context> {
  return {
    requestDidStart: ({ contextValue }) =>
      Promise.resolve({
        didEncounterErrors({ errors }) {
          if (contextValue.requestLevelError()) (errors as GraphQLError[]).length = 0; // Apollo Server formats them next
          return Promise.resolve();
        },
        willSendResponse({ response }) {
          if (contextValue.requestLevelError()) response.body = { kind: "single", singleResult: {} };
          return Promise.resolve();
        },
      }),
  };
}
