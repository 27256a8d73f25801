import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
} from "graphql";
import { SubgraphError } from "../errors/subgraph-error";
import { countValues, type EntitiesField, entitiesField } from "./entities-field";
import { type Limits, overLimit } from "./limit.errors";

/** Where fields with one response name are merged: what validation compares in pairs. */
interface Place {
  repeats: number;
  readonly below: Map<string, Place>;
}

const newPlace = (): Place => ({ repeats: 0, below: new Map() });

/**
 * Walks a document once, with its fragments expanded wherever they are used, and holds it to its limits. Every step counts as
 * a field, so a document that grows without bounds when it is expanded stops the walk early. A fragment inside itself is left
 * to validation. Answers the fields whose price only the request's variables tell. Throws `LIMIT_EXCEEDED`, and `BAD_USER_INPUT` for an alias that begins with two underscores.
 */
export function measureDocument(document: DocumentNode, limits: Limits): readonly EntitiesField[] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const unused = new Set<FragmentDefinitionNode>();
  const open = new Set<FragmentDefinitionNode>();
  const used = { fields: 0, aliases: 0, directives: 0, fragments: 0, variables: 0 };
  const entities: EntitiesField[] = [];
  let operation: OperationDefinitionNode | undefined;
  let mutations = 0;
  let weight = 0;

  function spend(rule: keyof typeof used, amount = 1): void {
    used[rule] += amount;
    if (used[rule] > limits[rule]) throw overLimit(limits, rule);
  }

  function spendDirectives(directives: readonly DirectiveNode[] = []): void {
    spend("directives", directives.length);
    weight += directives.length;
  }

  function walkField(field: FieldNode, place: Place, depth: number): void {
    const { alias, name } = field;
    if (alias) spend("aliases");
    if (alias?.value.startsWith("__")) {
      throw new SubgraphError("BAD_USER_INPUT", { message: "An alias may not begin with two underscores." });
    }
    const responseName = (alias ?? name).value;
    const below = place.below.get(responseName) ?? newPlace();
    place.below.set(responseName, below);
    below.repeats += 1;
    if (below.repeats > limits.repeats) throw overLimit(limits, "repeats");
    if (depth > limits.depth) throw overLimit(limits, "depth");
    if (depth === 1 && operation?.operation === OperationTypeNode.MUTATION) mutations += 1;
    const before = weight;
    for (const { value } of field.arguments ?? []) weight += countValues(value);
    if (field.selectionSet) walk(field.selectionSet, below, depth + 1);
    if (depth === 1 && operation && name.value === "_entities") {
      entities.push(entitiesField(field, operation, weight - before));
    }
  }

  function walk({ selections }: SelectionSetNode, place: Place, depth: number): void {
    for (const selection of selections) {
      spend("fields");
      weight += 1;
      spendDirectives(selection.directives);
      if (selection.kind === Kind.FIELD) walkField(selection, place, depth);
      else if (selection.kind === Kind.INLINE_FRAGMENT) walk(selection.selectionSet, place, depth);
      else walkFragment(fragments.get(selection.name.value), place, depth);
    }
  }

  function walkFragment(fragment: FragmentDefinitionNode | undefined, place: Place, depth: number): void {
    if (!fragment || open.has(fragment)) return;
    unused.delete(fragment);
    open.add(fragment);
    walk(fragment.selectionSet, place, depth);
    open.delete(fragment);
  }

  const { definitions } = document;
  for (const definition of definitions) {
    if (definition.kind !== Kind.FRAGMENT_DEFINITION) continue;
    spend("fragments");
    spendDirectives(definition.directives);
    fragments.set(definition.name.value, definition);
    unused.add(definition);
  }
  for (const definition of definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    operation = definition;
    spend("variables", definition.variableDefinitions?.length);
    spendDirectives(definition.directives);
    for (const { directives } of definition.variableDefinitions ?? []) spendDirectives(directives);
    walk(definition.selectionSet, newPlace(), 1);
  }
  // Validation reads fragments that nothing uses as well.
  operation = undefined;
  for (const fragment of unused) walkFragment(fragment, newPlace(), 1);
  if (mutations > limits.providerCalls) throw overLimit(limits, "providerCalls");
  return entities;
}
