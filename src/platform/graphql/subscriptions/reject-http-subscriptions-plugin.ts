import { type ApolloServerPlugin } from "@apollo/server";
import { GraphQLError, OperationTypeNode } from "graphql";

/** Rejects subscriptions in ordinary HTTP requests: graphql-js would execute them as queries. */
export function createRejectHttpSubscriptionsPlugin(): ApolloServerPlugin {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation({ operation }) {
          if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return Promise.resolve();
          throw new GraphQLError("Subscriptions require graphql-transport-ws or the HTTP callback protocol.", {
            extensions: { code: "BAD_REQUEST", http: { status: 400 } },
          });
        },
      }),
  };
}
