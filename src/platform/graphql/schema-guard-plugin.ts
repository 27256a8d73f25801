import { type ApolloServerPlugin } from "@apollo/server";
import { type DocumentNode, GraphQLError } from "graphql";
import { SubgraphError } from "../errors/subgraph-error";
import { hasSchemaFields } from "./has-schema-fields";

/**
 * Returns the schema only to requests without `Authorization`: these are the router's own, because its secret is required.
 * Requests that the router forwards for a caller have that header and fail with the request-level error `FORBIDDEN`.
 */
export function createSchemaGuardPlugin(): ApolloServerPlugin {
  // The request guard caches documents, so each cached document is walked once.
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
