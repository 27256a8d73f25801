import { type ApolloServerPlugin } from "@apollo/server";
import { type DocumentNode, GraphQLError } from "graphql";
import { SubgraphError } from "../errors/subgraph-error";
import { hasSchemaFields } from "./has-schema-fields";

/**
 * Shows the schema only to requests that speak for nobody: the router's own, as nobody else gets past its secret. What it
 * passes on for a caller carries that caller's `Authorization`, and is refused as a whole with `FORBIDDEN`.
 */
export function createSchemaGuardPlugin(): ApolloServerPlugin {
  // The request guard keeps parsed documents, so each that is kept is walked once.
  const results = new WeakMap<DocumentNode, boolean>();
  function requestsSchema(document: DocumentNode): boolean {
    const result = results.get(document) ?? hasSchemaFields(document);
    results.set(document, result);
    return result;
  }

  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation({ document, request }) {
          if (!request.http?.headers.has("authorization") || !requestsSchema(document)) return Promise.resolve();
          const error = new SubgraphError("FORBIDDEN");
          throw new GraphQLError(error.message, { originalError: error, extensions: { http: { status: 403 } } });
        },
      }),
  };
}
