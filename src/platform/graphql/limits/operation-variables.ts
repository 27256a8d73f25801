import { Kind, type OperationDefinitionNode, print, type ValueNode } from "graphql";

/** A variable of one operation, with its default. */
export interface OperationVariable {
  readonly name: string;
  /** Number of values in its default. */
  readonly defaultSize: number;
  /** The items of its default, as text. */
  readonly defaultItems: readonly string[];
}

/** Counts the values of a literal, itself included. */
export function countLiteralValues(value: ValueNode): number {
  if (value.kind === Kind.LIST) return value.values.reduce((sum, item) => sum + countLiteralValues(item), 1);
  if (value.kind === Kind.OBJECT) return value.fields.reduce((sum, field) => sum + countLiteralValues(field.value), 1);
  return 1;
}

/** Input coercion of lists: a single value is a list of one item. */
export const coerceToList = (value: ValueNode): readonly ValueNode[] =>
  value.kind === Kind.LIST ? value.values : [value];

export function collectVariables({
  variableDefinitions = [],
}: OperationDefinitionNode): Map<string, OperationVariable> {
  const variables = variableDefinitions.map(({ variable, defaultValue }): OperationVariable => ({
    name: variable.name.value,
    defaultSize: defaultValue ? countLiteralValues(defaultValue) : 0,
    defaultItems: defaultValue ? coerceToList(defaultValue).map(print) : [],
  }));
  return new Map(variables.map((variable) => [variable.name, variable]));
}
