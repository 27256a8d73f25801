import { type ApolloServerPlugin } from "@apollo/server";
import { SubgraphError } from "../errors/subgraph-error";
import { requestScope } from "./request-scope";

/**
 * Fails any request whose document is not the one that the request guard parsed and held to its limits. Apollo Server parses a
 * document itself if the document store has none, to say what is wrong with it; such a document must never be executed.
 */
export function createGuardedDocumentPlugin(): ApolloServerPlugin {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation({ document }) {
          if (document === requestScope.getStore()?.document?.document) return Promise.resolve();
          throw new SubgraphError("INTERNAL", {
            cause: new Error("the document was not examined by the request guard"),
          });
        },
      }),
  };
}
