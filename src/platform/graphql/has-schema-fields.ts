import { BREAK, type DocumentNode, Kind, visit } from "graphql";

/** Fields that answer with the schema: introspection's two, and federation's. `__typename` tells nothing new. */
const SCHEMA_FIELDS = new Set(["__schema", "__type", "_service"]);

/** Whether any operation or fragment of the document, under whatever alias, asks what the schema is. */
export function hasSchemaFields(document: DocumentNode): boolean {
  let isFound = false;
  visit(document, {
    [Kind.FIELD]({ name }) {
      if (!SCHEMA_FIELDS.has(name.value)) return undefined;
      isFound = true;
      return BREAK;
    },
  });
  return isFound;
}
