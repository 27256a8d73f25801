import { type DocumentNode, type FieldNode, Kind, OperationTypeNode, print, type SelectionSetNode } from "graphql";
import { addCost, createCost, type Cost, estimateCost } from "./estimate-cost";
import { collectVariables, coerceToList, type OperationVariable } from "./operation-variables";
import { createFragments, type Fragments } from "./fragments";
import { type Limits, createLimitError } from "./limit.errors";

/** What a document costs, all of its operations together. It is remembered, so it holds sums and nothing of the document. */
export interface QueryCost {
  readonly base: Cost;
  /** By variable of representations: what is done for each of them. */
  readonly perRepresentation: ReadonlyMap<OperationVariable, Cost>;
  /** The text of each representation that is written into the document. */
  readonly literals: ReadonlySet<string>;
  /** Root fields of mutations. */
  readonly mutations: number;
}

/** About as many bytes as it takes to keep. */
export function estimateHeapBytes({ base, perRepresentation, literals }: QueryCost): number {
  const costs = [base, ...perRepresentation.values()];
  const variables = new Set([...perRepresentation.keys(), ...costs.flatMap(({ uses }) => [...uses.keys()])]);
  const texts = [...literals, ...[...variables].flatMap(({ defaultItems }) => defaultItems)];
  const costBytes = costs.reduce((sum, { uses }) => sum + 512 + 64 * uses.size, 0);
  return texts.reduce((sum, text) => sum + 64 + 2 * text.length, costBytes);
}

/**
 * What the schema's own fields stand for: `__schema` lists every type, and `_service` is as much text as many fields. Full
 * introspection fits the default limit, and twenty times either of them does not.
 */
const ROOT_FIELD_WEIGHTS: Readonly<Record<string, number>> = { __schema: 50, __type: 50, _service: 1000 };

/** The root fields of an operation, those in its fragments included. */
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

/** What an `_entities` field is given, item by item; names that the operation does not define are left to validation. */
function findRepresentations(field: FieldNode, operationVariables: ReadonlyMap<string, OperationVariable>) {
  const value = field.arguments?.find(({ name }) => name.value === "representations")?.value;
  const items = value ? coerceToList(value) : [];
  return {
    literals: items.filter(({ kind }) => kind !== Kind.VARIABLE),
    variables: items.flatMap((item) => (item.kind === Kind.VARIABLE && operationVariables.get(item.name.value)) || []),
  };
}

/**
 * For a document that is within its other limits: it is walked with its fragments expanded, until it costs too much whatever
 * its variables are. Throws `LIMIT_EXCEEDED`.
 */
export function analyzeQueryCost(document: DocumentNode, limits: Limits): QueryCost {
  const fragments = createFragments(document);
  const base = createCost();
  const perRepresentation = new Map<OperationVariable, Cost>();
  const literals = new Set<string>();
  // A field in a fragment is met wherever the fragment is used; its text is the same.
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
