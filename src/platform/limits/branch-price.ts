import { type FieldNode, Kind, type SelectionSetNode, type ValueNode } from "graphql";
import { type Variable } from "./defined-variables";
import { type Fragments } from "./fragments";

/** What a part of a document costs, as far as the document alone tells. */
export interface Price {
  /** Its fields, fragments and directives, and the values that are written into its arguments. */
  weight: number;
  /** How often each variable is in its arguments: what that costs is known with the request. */
  readonly uses: Map<Variable, number>;
}

export const newPrice = (): Price => ({ weight: 0, uses: new Map() });

export function addPrice(sum: Price, { weight, uses }: Price, times: number): void {
  sum.weight += weight * times;
  for (const [variable, count] of uses) sum.uses.set(variable, (sum.uses.get(variable) ?? 0) + count * times);
}

export interface Surroundings {
  readonly variables: ReadonlyMap<string, Variable>;
  readonly fragments: Fragments;
  /** Throws when a branch of that weight is too much: asked at every step, so that nothing is walked that is over it. */
  readonly check: (weight: number) => void;
}

/** The price of a root field with all below it; of `_entities`, for one representation. */
export function priceOf(root: FieldNode, { variables, fragments, check }: Surroundings): Price {
  const price = newPrice();

  function count(weight: number): void {
    price.weight += weight;
    check(price.weight);
  }

  function readValue(value: ValueNode): void {
    count(1);
    if (value.kind === Kind.LIST) value.values.forEach(readValue);
    if (value.kind === Kind.OBJECT) for (const field of value.fields) readValue(field.value);
    const variable = value.kind === Kind.VARIABLE && variables.get(value.name.value);
    if (variable) price.uses.set(variable, (price.uses.get(variable) ?? 0) + 1);
  }

  function readSelections({ selections }: SelectionSetNode): void {
    for (const selection of selections) {
      count(1 + (selection.directives?.length ?? 0));
      if (selection.kind === Kind.FIELD) readField(selection);
      else if (selection.kind === Kind.INLINE_FRAGMENT) readSelections(selection.selectionSet);
      else
        fragments.expand(selection.name.value, ({ selectionSet }) => {
          readSelections(selectionSet);
        });
    }
  }

  function readField({ arguments: given = [], selectionSet }: FieldNode): void {
    for (const { value } of given) readValue(value);
    if (selectionSet) readSelections(selectionSet);
  }

  count(1);
  if (root.name.value !== "_entities") readField(root);
  else if (root.selectionSet) readSelections(root.selectionSet);
  return price;
}
