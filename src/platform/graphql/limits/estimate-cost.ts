import { type FieldNode, Kind, type SelectionSetNode, type ValueNode } from "graphql";
import { type OperationVariable } from "./operation-variables";
import { type Fragments } from "./fragments";

/** The cost of a part of a document, except for the sizes of its variables. */
export interface Cost {
  /** Number of fields, fragments, directives and literal values in arguments. */
  weight: number;
  /** How often each variable is used in arguments. The request gives its size. */
  readonly uses: Map<OperationVariable, number>;
}

export const createCost = (): Cost => ({ weight: 0, uses: new Map() });

export function addCost(total: Cost, { weight, uses }: Cost, times: number): void {
  total.weight += weight * times;
  for (const [variable, count] of uses) total.uses.set(variable, (total.uses.get(variable) ?? 0) + count * times);
}

export interface CostContext {
  readonly variables: ReadonlyMap<string, OperationVariable>;
  readonly fragments: Fragments;
  /** Called at every step with the weight so far, so that the walk stops at the limit. Throws `LIMIT_EXCEEDED`. */
  readonly check: (weight: number) => void;
}

/** The cost of a root field with its selections; of `_entities`, for one representation. */
export function estimateCost(root: FieldNode, { variables, fragments, check }: CostContext): Cost {
  const cost = createCost();

  function count(weight: number): void {
    cost.weight += weight;
    check(cost.weight);
  }

  function visitValue(value: ValueNode): void {
    count(1);
    if (value.kind === Kind.LIST) value.values.forEach(visitValue);
    if (value.kind === Kind.OBJECT) for (const field of value.fields) visitValue(field.value);
    const variable = value.kind === Kind.VARIABLE && variables.get(value.name.value);
    if (variable) cost.uses.set(variable, (cost.uses.get(variable) ?? 0) + 1);
  }

  function visitSelections({ selections }: SelectionSetNode): void {
    for (const selection of selections) {
      count(1 + (selection.directives?.length ?? 0));
      if (selection.kind === Kind.FIELD) visitField(selection);
      else if (selection.kind === Kind.INLINE_FRAGMENT) visitSelections(selection.selectionSet);
      else
        fragments.expand(selection.name.value, ({ selectionSet }) => {
          visitSelections(selectionSet);
        });
    }
  }

  function visitField({ arguments: args = [], selectionSet }: FieldNode): void {
    for (const { value } of args) visitValue(value);
    if (selectionSet) visitSelections(selectionSet);
  }

  count(1);
  if (root.name.value !== "_entities") visitField(root);
  else if (root.selectionSet) visitSelections(root.selectionSet);
  return cost;
}
