import { type ApolloServerPlugin } from "@apollo/server";
import { SubgraphError } from "../errors/subgraph-error";
import { requestScope } from "./request-scope";

/**
 * Fails a request whose document is not the one that the request guard parsed and checked. If the document store has no document,
 * Apollo Server parses the text itself to report its errors; such a document must not be executed.
 */
export function createGuardedDocumentPlugin(): ApolloServerPlugin {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation({ document }) {
          if (document === requestScope.getStore()?.document?.document) return Promise.resolve();
          throw new SubgraphError("INTERNAL", { cause: new Error("the request guard did not check the document") });
        },
      }),
  };
}
