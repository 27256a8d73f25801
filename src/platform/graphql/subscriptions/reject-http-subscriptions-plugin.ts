import { type ApolloServerPlugin } from "@apollo/server";
import { GraphQLError, OperationTypeNode } from "graphql";

const MESSAGE =
  "Subscriptions require `Accept: text/event-stream`, graphql-transport-ws over a WebSocket, or the HTTP callback protocol.";

/** Rejects subscriptions in ordinary HTTP requests: graphql-js would execute them as queries. */
export function createRejectHttpSubscriptionsPlugin(): ApolloServerPlugin {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation({ operation }) {
          if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return Promise.resolve();
          throw new GraphQLError(MESSAGE, {
            extensions: { code: "BAD_REQUEST", http: { status: 400 } },
          });
        },
      }),
  };
}
