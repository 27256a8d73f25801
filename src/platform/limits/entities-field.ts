import { type FieldNode, Kind, type OperationDefinitionNode, print, type ValueNode } from "graphql";

/** Where one `_entities` field gets its representations from, and what each of them costs. */
export interface EntitiesField {
  /** The text of each representation that is written into the document. */
  readonly literals: readonly string[];
  readonly variables: readonly { readonly name: string; readonly fallback: readonly string[] }[];
  /** Fields, fragments, directives and values of arguments: looked at once for each representation. */
  readonly weight: number;
}

/** How many values a literal holds, itself included. */
export function countValues(value: ValueNode): number {
  if (value.kind === Kind.LIST) return value.values.reduce((sum, item) => sum + countValues(item), 1);
  if (value.kind === Kind.OBJECT) return value.fields.reduce((sum, field) => sum + countValues(field.value), 1);
  return 1;
}

/** One value stands for a list of one, as it does when it is coerced. */
const itemsOf = (value: ValueNode | undefined): readonly ValueNode[] =>
  value === undefined ? [] : value.kind === Kind.LIST ? value.values : [value];

export function entitiesField(field: FieldNode, operation: OperationDefinitionNode, weight: number): EntitiesField {
  const items = itemsOf(field.arguments?.find(({ name }) => name.value === "representations")?.value);
  const fallbackOf = (variable: string) =>
    operation.variableDefinitions?.find((definition) => definition.variable.name.value === variable)?.defaultValue;
  return {
    literals: items.filter(({ kind }) => kind !== Kind.VARIABLE).map(print),
    variables: items
      .filter((item) => item.kind === Kind.VARIABLE)
      .map(({ name: { value: name } }) => ({ name, fallback: itemsOf(fallbackOf(name)).map(print) })),
    weight,
  };
}
