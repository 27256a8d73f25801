import { type ApolloServerPlugin, type BaseContext } from "@apollo/server";
import { type GraphQLError } from "graphql";
import { type SubgraphError } from "../errors/subgraph-error";

interface Context extends BaseContext {
  readonly requestLevelError: () => SubgraphError | undefined;
}

/**
 * Drops the result of a request that is refused as a whole, before thousands of errors are formatted and megabytes of data are
 * serialized; the route answers with the refusal.
 */
export function createRequestLevelErrorPlugin(): ApolloServerPlugin<Context> {
  return {
    requestDidStart: ({ contextValue }) =>
      Promise.resolve({
        didEncounterErrors({ errors }) {
          if (contextValue.requestLevelError()) (errors as GraphQLError[]).length = 0; // formatted next
          return Promise.resolve();
        },
        willSendResponse({ response }) {
          if (contextValue.requestLevelError()) response.body = { kind: "single", singleResult: {} };
          return Promise.resolve();
        },
      }),
  };
}
