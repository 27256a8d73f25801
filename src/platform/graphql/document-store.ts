import { type DocumentNode, type GraphQLSchema } from "graphql";
import { requestScope } from "../telemetry/request-scope";
import { validDocument } from "./valid-document";

/**
 * Gives Apollo Server the document that the request guard has parsed, so that it is parsed once in a request and kept in one
 * place. Keeps nothing itself: what is not valid is parsed again by Apollo Server, which says what is wrong with it.
 */
export function createDocumentStore(schema: GraphQLSchema) {
  return {
    get(key: string): Promise<DocumentNode | undefined> {
      const known = requestScope.getStore()?.document;
      const isAskedFor = known?.hash !== undefined && key.endsWith(known.hash); // behind Apollo Server's own prefix
      return Promise.resolve(isAskedFor ? validDocument(known, schema) : undefined);
    },
    set: () => Promise.resolve(),
    delete: () => Promise.resolve(false),
  };
}
