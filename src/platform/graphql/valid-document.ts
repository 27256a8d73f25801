import { type DocumentNode, type GraphQLSchema, specifiedRules, validate } from "graphql";
import { type GuardedDocument } from "./limits/document-cache";

function isValid(schema: GraphQLSchema, document: DocumentNode): boolean {
  try {
    return validate(schema, document, specifiedRules, { maxErrors: 1 }).length === 0;
  } catch {
    return false; // graphql-js 16 throws for subscriptions whose root field is conditional
  }
}

/** The document if it is valid for the schema. Stores the result, so a cached document is validated once. */
export function getValidDocument(
  guarded: GuardedDocument | undefined,
  schema: GraphQLSchema,
): DocumentNode | undefined {
  if (!guarded?.document) return undefined;
  guarded.isValid ??= isValid(schema, guarded.document);
  return guarded.isValid ? guarded.document : undefined;
}
