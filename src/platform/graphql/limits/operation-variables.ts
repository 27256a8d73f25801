import { Kind, type OperationDefinitionNode, print, type ValueNode } from "graphql";

/** A variable of one operation, with what stands for it in a request that has none of that name. */
export interface OperationVariable {
  readonly name: string;
  /** How many values its default holds. */
  readonly defaultSize: number;
  /** The text of its default, item by item. */
  readonly defaultItems: readonly string[];
}

/** How many values a literal holds, itself included. */
export function countLiteralValues(value: ValueNode): number {
  if (value.kind === Kind.LIST) return value.values.reduce((sum, item) => sum + countLiteralValues(item), 1);
  if (value.kind === Kind.OBJECT) return value.fields.reduce((sum, field) => sum + countLiteralValues(field.value), 1);
  return 1;
}

/** One value stands for a list of one, as it does when it is coerced. */
export const coerceToList = (value: ValueNode): readonly ValueNode[] =>
  value.kind === Kind.LIST ? value.values : [value];

export function collectVariables({
  variableDefinitions = [],
}: OperationDefinitionNode): Map<string, OperationVariable> {
  const entries = variableDefinitions.map(({ variable: { name }, defaultValue }) => {
    const fallback = defaultValue
      ? { defaultSize: countLiteralValues(defaultValue), defaultItems: coerceToList(defaultValue).map(print) }
      : { defaultSize: 0, defaultItems: [] };
    return [name.value, { name: name.value, ...fallback }] as const;
  });
  return new Map(entries);
}
