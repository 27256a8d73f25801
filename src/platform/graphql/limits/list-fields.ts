import { getNullableType, type GraphQLSchema, isCompositeType, isListType, isObjectType } from "graphql";

/** Names of the fields that return a list of objects, without those of introspection. */
export function findListFields(schema: GraphQLSchema): ReadonlySet<string> {
  const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !type.name.startsWith("__"));
  const fields = types.flatMap((type) => Object.values(isObjectType(type) ? type.getFields() : {}));
  const lists = fields.filter(({ type }) => {
    const list = getNullableType(type);
    return isListType(list) && isCompositeType(getNullableType(list.ofType));
  });
  return new Set(lists.map(({ name }) => name));
}
