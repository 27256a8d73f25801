import { type FieldNode, type GraphQLField, isNonNullType, Kind, type ValueNode } from "graphql";

type Variables = Readonly<Record<string, unknown>>;

/** Whether a variable that is null stands anywhere in the value. */
function hasNullVariable(value: ValueNode, variables: Variables): boolean {
  if (value.kind === Kind.VARIABLE) return variables[value.name.value] === null;
  if (value.kind === Kind.LIST) return value.values.some((item) => hasNullVariable(item, variables));
  return value.kind === Kind.OBJECT && value.fields.some((field) => hasNullVariable(field.value, variables));
}

/**
 * Whether graphql-js may refuse the field's arguments although the document is valid: a nullable variable may stand where there is a
 * default, and be null. Of a value that is a list or an object, any null counts.
 */
export function hasNullArgument(
  { args }: GraphQLField<unknown, unknown>,
  { arguments: argumentNodes = [] }: FieldNode,
  variables: Variables,
): boolean {
  return argumentNodes.some(({ name, value }) => {
    if (value.kind !== Kind.VARIABLE) return hasNullVariable(value, variables);
    const type = args.find((arg) => arg.name === name.value)?.type;
    return isNonNullType(type) && hasNullVariable(value, variables);
  });
}
