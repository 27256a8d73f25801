import { type ApolloServerPlugin } from "@apollo/server";
import { type DocumentNode, GraphQLError } from "graphql";
import { SubgraphError } from "../errors/subgraph-error";
import { asksForSchema } from "./asks-for-schema";

/**
 * Shows the schema only to requests that speak for nobody: the router's own, as nobody else gets past its secret. What it
 * passes on for a caller carries that caller's `Authorization`, and is refused as a whole with `FORBIDDEN`.
 */
export function createSchemaGuard(): ApolloServerPlugin {
  // The request guard keeps parsed documents, so each that is kept is walked once.
  const verdicts = new WeakMap<DocumentNode, boolean>();
  function asks(document: DocumentNode): boolean {
    const verdict = verdicts.get(document) ?? asksForSchema(document);
    verdicts.set(document, verdict);
    return verdict;
  }

  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation({ document, request }) {
          if (!request.http?.headers.has("authorization") || !asks(document)) return Promise.resolve();
          const error = new SubgraphError("FORBIDDEN");
          throw new GraphQLError(error.message, { originalError: error, extensions: { http: { status: 403 } } });
        },
      }),
  };
}
