import {
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  print,
  type SelectionSetNode,
  type ValueNode,
} from "graphql";
import { createFragments, type Fragments } from "./fragments";

/** A variable where it is used, and what stands for it in a request that has none of that name. */
interface VariableUse<Fallback> {
  readonly name: string;
  readonly fallback: Fallback;
}

/** A root field with all below it: the part of an operation whose price only the request's variables tell. */
export interface Branch {
  /** Its fields, fragments and directives, and the values that are written into its arguments. */
  readonly weight: number;
  /** The variables in its arguments, once for each use; the fallback is a number of values. */
  readonly inputs: readonly VariableUse<number>[];
  /** Of an `_entities` field: for each of them all of the above is done once. */
  readonly representations?: Representations;
}

interface Representations {
  /** The text of each representation that is written into the document. */
  readonly literals: readonly string[];
  readonly variables: readonly VariableUse<readonly string[]>[];
}

/**
 * What the schema's own fields stand for: `__schema` lists every type, and `_service` is as much text as many fields. Full
 * introspection fits the default limit, and twenty times either of them does not.
 */
const MULTIPLES: Readonly<Record<string, number>> = { __schema: 50, __type: 50, _service: 1000 };

/** Calls `found` for every variable in a literal; answers how many values it holds, itself included. */
function readLiteral(value: ValueNode, found: (name: string) => void): number {
  if (value.kind === Kind.VARIABLE) found(value.name.value);
  const inside =
    value.kind === Kind.LIST
      ? value.values
      : value.kind === Kind.OBJECT
        ? value.fields.map((field) => field.value)
        : [];
  return inside.reduce((sum, one) => sum + readLiteral(one, found), 1);
}

/** One value stands for a list of one, as it does when it is coerced. */
const itemsOf = (value: ValueNode | undefined): readonly ValueNode[] =>
  value === undefined ? [] : value.kind === Kind.LIST ? value.values : [value];

const ignore = () => undefined;

/** What stands for the variables of an operation that a request does not give: read once, however often they are used. */
function readDefaults({ variableDefinitions = [] }: OperationDefinitionNode) {
  const entries = variableDefinitions.map(({ variable, defaultValue }) => {
    const size = defaultValue ? readLiteral(defaultValue, ignore) : 0;
    return [variable.name.value, { size, texts: itemsOf(defaultValue).map(print) }] as const;
  });
  const defaults = new Map(entries);
  return (name: string) => defaults.get(name) ?? { size: 0, texts: [] };
}

function createReader(operation: OperationDefinitionNode, fragments: Fragments) {
  const defaultOf = readDefaults(operation);
  // By field: one in a fragment is met wherever the fragment is used.
  const known = new Map<FieldNode, Representations>();

  function representationsOf(field: FieldNode): Representations {
    const items = itemsOf(field.arguments?.find(({ name }) => name.value === "representations")?.value);
    return {
      literals: items.filter(({ kind }) => kind !== Kind.VARIABLE).map(print),
      variables: items
        .filter((item) => item.kind === Kind.VARIABLE)
        .map(({ name: { value: name } }) => ({ name, fallback: defaultOf(name).texts })),
    };
  }

  /** The weight of a field; the variables in its arguments go into `inputs`. */
  function weigh(field: FieldNode, inputs: VariableUse<number>[]): number {
    const found = (name: string) => inputs.push({ name, fallback: defaultOf(name).size });
    const written = (field.arguments ?? []).reduce((sum, { value }) => sum + readLiteral(value, found), 0);
    return written + (field.selectionSet ? weighAll(field.selectionSet, inputs) : 0);
  }

  function weighAll({ selections }: SelectionSetNode, inputs: VariableUse<number>[]): number {
    let weight = 0;
    for (const selection of selections) {
      weight += 1 + (selection.directives?.length ?? 0);
      if (selection.kind === Kind.FIELD) weight += weigh(selection, inputs);
      else if (selection.kind === Kind.INLINE_FRAGMENT) weight += weighAll(selection.selectionSet, inputs);
      else fragments.expand(selection.name.value, (fragment) => (weight += weighAll(fragment.selectionSet, inputs)));
    }
    return weight;
  }

  return function read(field: FieldNode): Branch {
    const inputs: VariableUse<number>[] = [];
    const { name, selectionSet } = field;
    if (name.value === "_entities") {
      const weight = 1 + (selectionSet ? weighAll(selectionSet, inputs) : 0);
      const representations = known.get(field) ?? representationsOf(field);
      known.set(field, representations);
      return { weight, inputs, representations };
    }
    return { weight: (1 + weigh(field, inputs)) * (MULTIPLES[name.value] ?? 1), inputs };
  };
}

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

/** Where a document's work is done. */
export interface DocumentWork {
  readonly branches: readonly Branch[];
  /** Root fields of mutations. */
  readonly mutations: number;
}

/** For a document that is within its other limits: it is walked with its fragments expanded. */
export function workOf(document: DocumentNode): DocumentWork {
  const fragments = createFragments(document);
  const branches: Branch[] = [];
  let mutations = 0;
  for (const operation of document.definitions) {
    if (operation.kind !== Kind.OPERATION_DEFINITION) continue;
    const fields = rootFields(operation.selectionSet, fragments);
    branches.push(...fields.map(createReader(operation, fragments)));
    if (operation.operation === OperationTypeNode.MUTATION) mutations += fields.length;
  }
  return { branches, mutations };
}
