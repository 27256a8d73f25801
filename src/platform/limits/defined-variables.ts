import { Kind, type OperationDefinitionNode, print, type ValueNode } from "graphql";

/** A variable of one operation, with what stands for it in a request that has none of that name. */
export interface Variable {
  readonly name: string;
  /** How many values its default holds. */
  readonly size: number;
  /** The text of its default, item by item. */
  readonly items: readonly string[];
}

/** How many values a literal holds, itself included. */
export function sizeOf(value: ValueNode): number {
  if (value.kind === Kind.LIST) return value.values.reduce((sum, item) => sum + sizeOf(item), 1);
  if (value.kind === Kind.OBJECT) return value.fields.reduce((sum, field) => sum + sizeOf(field.value), 1);
  return 1;
}

/** One value stands for a list of one, as it does when it is coerced. */
export const itemsIn = (value: ValueNode): readonly ValueNode[] => (value.kind === Kind.LIST ? value.values : [value]);

export function definedVariables({ variableDefinitions = [] }: OperationDefinitionNode): Map<string, Variable> {
  const entries = variableDefinitions.map(({ variable: { name }, defaultValue }) => {
    const fallback = defaultValue
      ? { size: sizeOf(defaultValue), items: itemsIn(defaultValue).map(print) }
      : { size: 0, items: [] };
    return [name.value, { name: name.value, ...fallback }] as const;
  });
  return new Map(entries);
}
