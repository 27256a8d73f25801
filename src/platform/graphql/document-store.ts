import { type DocumentNode, type GraphQLSchema } from "graphql";
import { requestScope } from "./request-scope";
import { getValidDocument } from "./valid-document";

/**
 * Gives Apollo Server the document that the request guard has parsed, so that it is parsed once in a request and kept in one
 * place. Keeps nothing itself: what is not valid is parsed again by Apollo Server, which says what is wrong with it.
 */
export function createDocumentStore(schema: GraphQLSchema) {
  return {
    get(key: string): Promise<DocumentNode | undefined> {
      const cached = requestScope.getStore()?.document;
      const isMatch = cached?.hash !== undefined && key.endsWith(cached.hash); // behind Apollo Server's own prefix
      return Promise.resolve(isMatch ? getValidDocument(cached, schema) : undefined);
    },
    set: () => Promise.resolve(),
    delete: () => Promise.resolve(false),
  };
}
