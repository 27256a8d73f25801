import { type DocumentNode, type GraphQLSchema } from "graphql";
import { requestScope } from "./request-scope";
import { getValidDocument } from "./valid-document";

/**
 * Gives Apollo Server the document that the request guard parsed, so that each document is parsed once and cached in one place.
 * Stores nothing itself. Apollo Server parses invalid documents again and reports their errors.
 */
export function createDocumentStore(schema: GraphQLSchema) {
  return {
    get(key: string): Promise<DocumentNode | undefined> {
      const guarded = requestScope.getStore()?.document;
      const isMatch = guarded?.hash !== undefined && key.endsWith(guarded.hash); // Apollo Server adds a prefix to the hash
      return Promise.resolve(isMatch ? getValidDocument(guarded, schema) : undefined);
    },
    set: () => Promise.resolve(),
    delete: () => Promise.resolve(false),
  };
}
