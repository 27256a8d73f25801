import { type FieldNode, type GraphQLField, isNonNullType, Kind, type ValueNode } from "graphql";
import { type Variables } from "./check-variables";

/** Whether the value contains a variable that is null. */
function hasNullVariable(value: ValueNode, variables: Variables): boolean {
  if (value.kind === Kind.VARIABLE) return variables[value.name.value] === null;
  if (value.kind === Kind.LIST) return value.values.some((item) => hasNullVariable(item, variables));
  return value.kind === Kind.OBJECT && value.fields.some((field) => hasNullVariable(field.value, variables));
}

/**
 * Whether graphql-js can reject the field's arguments although the document is valid: a nullable variable is valid for a
 * non-null argument that has a default, and the variable can be null. In a list or an object, any null counts.
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
