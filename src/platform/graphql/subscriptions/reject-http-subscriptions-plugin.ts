import { type ApolloServerPlugin } from "@apollo/server";
import { GraphQLError, OperationTypeNode } from "graphql";

/** graphql-js would execute a subscription that comes as an ordinary request as if it were a query. */
export function createRejectHttpSubscriptionsPlugin(): ApolloServerPlugin {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation({ operation }) {
          if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return Promise.resolve();
          throw new GraphQLError(
            "A subscription needs a transport that lasts: graphql-transport-ws, or a router's HTTP callback.",
            { extensions: { code: "BAD_REQUEST", http: { status: 400 } } },
          );
        },
      }),
  };
}
