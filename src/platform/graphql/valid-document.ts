import { type DocumentNode, type GraphQLSchema, specifiedRules, validate } from "graphql";
import { type CachedDocument } from "./limits/document-cache";

function isValid(schema: GraphQLSchema, document: DocumentNode): boolean {
  try {
    return validate(schema, document, specifiedRules, { maxErrors: 1 }).length === 0;
  } catch {
    return false; // graphql-js 16 throws for some subscriptions
  }
}

/** The document if it is valid for the schema, validated once as long as it is kept. What is wrong with another, others say. */
export function getValidDocument(cached: CachedDocument | undefined, schema: GraphQLSchema): DocumentNode | undefined {
  if (!cached?.document) return undefined;
  cached.isValid ??= isValid(schema, cached.document);
  return cached.isValid ? cached.document : undefined;
}
