import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
} from "graphql";
import { SubgraphError } from "../errors/subgraph-error";
import { createFragments, fragmentsIn } from "./fragments";
import { type Limits, overLimit } from "./limit.errors";

/** Where fields with one response name are merged: what validation compares in pairs. */
interface Place {
  repeats: number;
  readonly below: Map<string, Place>;
}

const newPlace = (): Place => ({ repeats: 0, below: new Map() });

const UNSAFE_ALIAS = new SubgraphError("BAD_USER_INPUT", {
  message: "An alias must not be __proto__, nor __typename for another field.",
});

/**
 * Of all names, two mislead whoever reads the answer: `__proto__` replaces an object's prototype when the answer is copied, and
 * `__typename` is what routers and clients take an object's type from. Others that begin with `__` are valid and in use: Relay writes
 * `__isUser: __typename`, Cosmo Router `__internal__typename_placeholder`.
 */
function isUnsafe(alias: string, field: string): boolean {
  return alias === "__proto__" || (alias === "__typename" && field !== "__typename");
}

export interface DocumentRules {
  readonly limits: Limits;
  /** Names of fields that answer with a list of objects: each, inside itself, would multiply what it answers with. */
  readonly lists: ReadonlySet<string>;
}

/**
 * Walks a document once, with its fragments expanded wherever they are used, and holds it to its limits. Every step counts as
 * a field, so a document that grows without bounds when it is expanded stops the walk early. A fragment inside itself is left
 * to validation. Throws `LIMIT_EXCEEDED`, and `BAD_USER_INPUT` for an unsafe alias.
 */
export function measureDocument(document: DocumentNode, { limits, lists }: DocumentRules): void {
  const fragments = createFragments(document);
  const unused = new Set(fragmentsIn(document));
  const openLists = new Set<string>();
  const used = { fields: 0, aliases: 0, directives: 0, fragments: 0, variables: 0 };

  function spend(rule: keyof typeof used, amount = 1): void {
    used[rule] += amount;
    if (used[rule] > limits[rule]) throw overLimit(limits, rule);
  }

  function spendDirectives({ directives = [] }: { readonly directives?: readonly DirectiveNode[] }): void {
    spend("directives", directives.length);
  }

  function walkFragment(fragment: FragmentDefinitionNode, place: Place, depth: number): void {
    unused.delete(fragment);
    walk(fragment.selectionSet, place, depth);
  }

  function walkField({ alias, name, selectionSet }: FieldNode, place: Place, depth: number): void {
    if (depth > limits.depth) throw overLimit(limits, "depth");
    if (alias) spend("aliases");
    if (alias && isUnsafe(alias.value, name.value)) throw UNSAFE_ALIAS;
    const responseName = (alias ?? name).value;
    const below = place.below.get(responseName) ?? newPlace();
    place.below.set(responseName, below);
    below.repeats += 1;
    if (below.repeats > limits.repeats) throw overLimit(limits, "repeats");
    if (!selectionSet) return;
    if (openLists.has(name.value)) {
      throw new SubgraphError("LIMIT_EXCEEDED", { message: "A list may not be selected inside itself." });
    }
    if (lists.has(name.value)) openLists.add(name.value);
    walk(selectionSet, below, depth + 1);
    openLists.delete(name.value);
  }

  function walk({ selections }: SelectionSetNode, place: Place, depth: number): void {
    for (const selection of selections) {
      spend("fields");
      spendDirectives(selection);
      if (selection.kind === Kind.FIELD) walkField(selection, place, depth);
      else if (selection.kind === Kind.INLINE_FRAGMENT) walk(selection.selectionSet, place, depth);
      else {
        fragments.expand(selection.name.value, (fragment) => {
          walkFragment(fragment, place, depth);
        });
      }
    }
  }

  for (const fragment of unused) {
    spend("fragments");
    spendDirectives(fragment);
  }
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { variableDefinitions = [] } = definition;
    spend("variables", variableDefinitions.length);
    for (const part of [definition, ...variableDefinitions]) spendDirectives(part);
    walk(definition.selectionSet, newPlace(), 1);
  }
  // Validation reads the fragments that nothing uses as well.
  for (const fragment of unused) walkFragment(fragment, newPlace(), 1);
}
