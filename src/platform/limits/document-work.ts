import { type DocumentNode, type FieldNode, Kind, OperationTypeNode, print, type SelectionSetNode } from "graphql";
import { addPrice, newPrice, type Price, priceOf } from "./branch-price";
import { definedVariables, itemsIn, type Variable } from "./defined-variables";
import { createFragments, type Fragments } from "./fragments";
import { type Limits, overLimit } from "./limit.errors";

/** What a document costs, all of its operations together. It is remembered, so it holds sums and nothing of the document. */
export interface DocumentWork {
  readonly once: Price;
  /** By variable of representations: what is done for each of them. */
  readonly forEach: ReadonlyMap<Variable, Price>;
  /** The text of each representation that is written into the document. */
  readonly literals: ReadonlySet<string>;
  /** Root fields of mutations. */
  readonly mutations: number;
}

/** About as many bytes as it takes to keep. */
export function bytesOf({ once, forEach, literals }: DocumentWork): number {
  const prices = [once, ...forEach.values()];
  const variables = new Set([...forEach.keys(), ...prices.flatMap(({ uses }) => [...uses.keys()])]);
  const texts = [...literals, ...[...variables].flatMap(({ items }) => items)];
  const forPrices = prices.reduce((sum, { uses }) => sum + 512 + 64 * uses.size, 0);
  return texts.reduce((sum, text) => sum + 64 + 2 * text.length, forPrices);
}

/**
 * What the schema's own fields stand for: `__schema` lists every type, and `_service` is as much text as many fields. Full
 * introspection fits the default limit, and twenty times either of them does not.
 */
const MULTIPLES: Readonly<Record<string, number>> = { __schema: 50, __type: 50, _service: 1000 };

/** The root fields of an operation, those in its fragments included. */
function rootFields({ selections }: SelectionSetNode, fragments: Fragments): FieldNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return selection;
    if (selection.kind === Kind.INLINE_FRAGMENT) return rootFields(selection.selectionSet, fragments);
    let fields: FieldNode[] = [];
    fragments.expand(selection.name.value, (fragment) => (fields = rootFields(fragment.selectionSet, fragments)));
    return fields;
  });
}

/** What an `_entities` field is given, item by item; names that the operation does not define are left to validation. */
function representationsIn(field: FieldNode, defined: ReadonlyMap<string, Variable>) {
  const value = field.arguments?.find(({ name }) => name.value === "representations")?.value;
  const items = value ? itemsIn(value) : [];
  return {
    literals: items.filter(({ kind }) => kind !== Kind.VARIABLE),
    variables: items.flatMap((item) => (item.kind === Kind.VARIABLE && defined.get(item.name.value)) || []),
  };
}

/**
 * For a document that is within its other limits: it is walked with its fragments expanded, until it costs too much whatever
 * its variables are. Throws `LIMIT_EXCEEDED`.
 */
export function workOf(document: DocumentNode, limits: Limits): DocumentWork {
  const fragments = createFragments(document);
  const once = newPrice();
  const forEach = new Map<Variable, Price>();
  const literals = new Set<string>();
  // A field in a fragment is met wherever the fragment is used; its text is the same.
  const printed = new Set<FieldNode>();
  let mutations = 0;
  let spent = 0;

  function check(weight: number): void {
    if (spent + weight > limits.cost) throw overLimit(limits, "cost");
  }

  function addTo(sum: Price, price: Price, times: number): void {
    check(price.weight * times);
    spent += price.weight * times;
    addPrice(sum, price, times);
  }

  function addEntities(field: FieldNode, variables: ReadonlyMap<string, Variable>): void {
    const given = representationsIn(field, variables);
    if (given.literals.length + given.variables.length === 0) return;
    const each = priceOf(field, { variables, fragments, check });
    addTo(once, each, given.literals.length);
    if (!printed.has(field)) for (const literal of given.literals) literals.add(print(literal));
    printed.add(field);
    for (const variable of given.variables) {
      const sum = forEach.get(variable) ?? newPrice();
      forEach.set(variable, sum);
      addTo(sum, each, 1);
    }
  }

  for (const operation of document.definitions) {
    if (operation.kind !== Kind.OPERATION_DEFINITION) continue;
    const variables = definedVariables(operation);
    const fields = rootFields(operation.selectionSet, fragments);
    for (const field of fields) {
      if (field.name.value === "_entities") addEntities(field, variables);
      else addTo(once, priceOf(field, { variables, fragments, check }), MULTIPLES[field.name.value] ?? 1);
    }
    if (operation.operation === OperationTypeNode.MUTATION) mutations += fields.length;
  }
  return { once, forEach, literals, mutations };
}
