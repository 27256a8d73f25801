import { BREAK, type DocumentNode, Kind, visit } from "graphql";

/** Fields that return the schema: those of introspection and of federation. `__typename` returns only a type's name. */
const SCHEMA_FIELDS = new Set(["__schema", "__type", "_service"]);

/** Whether an operation or a fragment of the document selects a field that returns the schema, under any alias. */
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
