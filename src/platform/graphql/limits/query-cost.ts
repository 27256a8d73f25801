import { type DocumentNode, type FieldNode, Kind, OperationTypeNode, print, type SelectionSetNode } from "graphql";
import { addCost, createCost, type Cost, estimateCost } from "./estimate-cost";
import { collectVariables, coerceToList, type OperationVariable } from "./operation-variables";
import { createFragments, type Fragments } from "./fragments";
import { type Limits } from "./derive-limits";
import { createLimitError } from "./limit.errors";

/** The cost of a document: the sum of all its operations. It is cached, so it consists of sums and references no nodes. */
export interface QueryCost {
  readonly base: Cost;
  /** By variable of representations: the cost of each of them. */
  readonly perRepresentation: ReadonlyMap<OperationVariable, Cost>;
  /** The text of each literal representation in the document. */
  readonly literals: ReadonlySet<string>;
  /** Number of root fields of mutations. */
  readonly mutations: number;
}

/** Estimated size on the heap. */
export function estimateHeapBytes({ base, perRepresentation, literals }: QueryCost): number {
  const costs = [base, ...perRepresentation.values()];
  const variables = new Set([...perRepresentation.keys(), ...costs.flatMap(({ uses }) => [...uses.keys()])]);
  const texts = [...literals, ...[...variables].flatMap(({ defaultItems }) => defaultItems)];
  const costBytes = costs.reduce((sum, { uses }) => sum + 512 + 64 * uses.size, 0);
  return texts.reduce((sum, text) => sum + 64 + 2 * text.length, costBytes);
}

/**
 * Factors for the cost of schema fields: `__schema` lists every type, and `_service` returns as much text as many fields. Full
 * introspection is within the default limit, and 20 times either of them is not.
 */
const ROOT_FIELD_WEIGHTS: Readonly<Record<string, number>> = { __schema: 50, __type: 50, _service: 1000 };

/** The root fields of an operation, including those in fragments. */
function collectRootFields({ selections }: SelectionSetNode, fragments: Fragments): FieldNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return selection;
    if (selection.kind === Kind.INLINE_FRAGMENT) return collectRootFields(selection.selectionSet, fragments);
    let fields: FieldNode[] = [];
    fragments.expand(
      selection.name.value,
      (fragment) => (fields = collectRootFields(fragment.selectionSet, fragments)),
    );
    return fields;
  });
}

/** The representations of an `_entities` field. Validation rejects variables that the operation does not define. */
function findRepresentations(field: FieldNode, operationVariables: ReadonlyMap<string, OperationVariable>) {
  const value = field.arguments?.find(({ name }) => name.value === "representations")?.value;
  const items = value ? coerceToList(value) : [];
  return {
    literals: items.filter(({ kind }) => kind !== Kind.VARIABLE),
    variables: items.flatMap((item) => (item.kind === Kind.VARIABLE && operationVariables.get(item.name.value)) || []),
  };
}

/**
 * Walks a document that passed `checkDocument`, expanding its fragments. Throws `LIMIT_EXCEEDED` as soon as the document is too
 * expensive with any variables.
 */
export function analyzeQueryCost(document: DocumentNode, limits: Limits): QueryCost {
  const fragments = createFragments(document);
  const base = createCost();
  const perRepresentation = new Map<OperationVariable, Cost>();
  const literals = new Set<string>();
  // A field in a fragment is walked in every place where the fragment is used; its text is the same.
  const printed = new Set<FieldNode>();
  let mutations = 0;
  let spent = 0;

  function check(weight: number): void {
    if (spent + weight > limits.cost) throw createLimitError(limits, "cost");
  }

  function addTo(total: Cost, cost: Cost, times: number): void {
    check(cost.weight * times);
    spent += cost.weight * times;
    addCost(total, cost, times);
  }

  function addEntities(field: FieldNode, variables: ReadonlyMap<string, OperationVariable>): void {
    const representations = findRepresentations(field, variables);
    if (representations.literals.length + representations.variables.length === 0) return;
    const itemCost = estimateCost(field, { variables, fragments, check });
    addTo(base, itemCost, representations.literals.length);
    if (!printed.has(field)) for (const literal of representations.literals) literals.add(print(literal));
    printed.add(field);
    for (const variable of representations.variables) {
      const total = perRepresentation.get(variable) ?? createCost();
      perRepresentation.set(variable, total);
      addTo(total, itemCost, 1);
    }
  }

  for (const operation of document.definitions) {
    if (operation.kind !== Kind.OPERATION_DEFINITION) continue;
    const variables = collectVariables(operation);
    const fields = collectRootFields(operation.selectionSet, fragments);
    for (const field of fields) {
      if (field.name.value === "_entities") addEntities(field, variables);
      else addTo(base, estimateCost(field, { variables, fragments, check }), ROOT_FIELD_WEIGHTS[field.name.value] ?? 1);
    }
    if (operation.operation === OperationTypeNode.MUTATION) mutations += fields.length;
  }
  return { base, perRepresentation, literals, mutations };
}
