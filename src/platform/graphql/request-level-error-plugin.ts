import { type ApolloServerPlugin, type BaseContext } from "@apollo/server";
import { type LimitedContext } from "./limits/limited-context";
import { replaceErrors } from "./replace-errors";

type Context = BaseContext & Pick<LimitedContext, "requestLevelError">;

/**
 * Drops the result of a request with a request-level error before it is formatted and serialized: it can have thousands of errors
 * and megabytes of data. The route sends the error.
 */
export function createRequestLevelErrorPlugin(): ApolloServerPlugin<Context> {
  return {
    requestDidStart: ({ contextValue }) =>
      Promise.resolve({
        didEncounterErrors(context) {
          if (contextValue.requestLevelError()) replaceErrors(context, []);
          return Promise.resolve();
        },
        willSendResponse({ response }) {
          if (contextValue.requestLevelError()) response.body = { kind: "single", singleResult: {} };
          return Promise.resolve();
        },
      }),
  };
}
