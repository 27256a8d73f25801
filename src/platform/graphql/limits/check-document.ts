import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
} from "graphql";
import { SubgraphError } from "../../errors/subgraph-error";
import { createFragments, getFragmentDefinitions } from "./fragments";
import { type Limits } from "./derive-limits";
import { createLimitError } from "./limit.errors";

/** A place where fields with the same response name are merged. Validation compares such fields in pairs. */
interface FieldScope {
  count: number;
  readonly children: Map<string, FieldScope>;
}

const createFieldScope = (): FieldScope => ({ count: 0, children: new Map() });

const UNSAFE_ALIAS = new SubgraphError("BAD_USER_INPUT", {
  message: "An alias must not be __proto__, nor __typename for another field.",
});

/**
 * Two aliases mislead readers of the response: `__proto__` replaces an object's prototype when the response is copied, and
 * routers and clients read an object's type from `__typename`. Other names that begin with `__` are valid and in use: Relay
 * writes `__isUser: __typename`, Cosmo Router `__internal__typename_placeholder`.
 */
function isUnsafeAlias(alias: string, field: string): boolean {
  return alias === "__proto__" || (alias === "__typename" && field !== "__typename");
}

export interface DocumentRules {
  readonly limits: Limits;
  /** Names of fields that return a list of objects. Nested within itself, such a field multiplies the size of the response. */
  readonly listFields: ReadonlySet<string>;
}

/**
 * Walks a document once, expanding each fragment in every place where it is used. Every step counts as a field, so the limit
 * stops a document whose expansion grows exponentially. Validation rejects fragments that contain themselves.
 * Throws `LIMIT_EXCEEDED`, and `BAD_USER_INPUT` for an unsafe alias.
 */
export function checkDocument(document: DocumentNode, { limits, listFields }: DocumentRules): void {
  const fragments = createFragments(document);
  const unused = new Set(getFragmentDefinitions(document));
  const openLists = new Set<string>();
  const counts = { fields: 0, aliases: 0, directives: 0, fragments: 0, variables: 0 };

  function consume(rule: keyof typeof counts, amount = 1): void {
    counts[rule] += amount;
    if (counts[rule] > limits[rule]) throw createLimitError(limits, rule);
  }

  function consumeDirectives({ directives = [] }: { readonly directives?: readonly DirectiveNode[] }): void {
    consume("directives", directives.length);
  }

  function walkFragment(fragment: FragmentDefinitionNode, scope: FieldScope, depth: number): void {
    unused.delete(fragment);
    walk(fragment.selectionSet, scope, depth);
  }

  function walkField({ alias, name, selectionSet }: FieldNode, scope: FieldScope, depth: number): void {
    if (depth > limits.depth) throw createLimitError(limits, "depth");
    if (alias) consume("aliases");
    if (alias && isUnsafeAlias(alias.value, name.value)) throw UNSAFE_ALIAS;
    const responseName = (alias ?? name).value;
    const child = scope.children.get(responseName) ?? createFieldScope();
    scope.children.set(responseName, child);
    child.count += 1;
    if (child.count > limits.repeats) throw createLimitError(limits, "repeats");
    if (!selectionSet) return;
    if (openLists.has(name.value)) {
      throw new SubgraphError("LIMIT_EXCEEDED", { message: "A list field must not be nested within itself." });
    }
    if (listFields.has(name.value)) openLists.add(name.value);
    walk(selectionSet, child, depth + 1);
    openLists.delete(name.value);
  }

  function walk({ selections }: SelectionSetNode, scope: FieldScope, depth: number): void {
    for (const selection of selections) {
      consume("fields");
      consumeDirectives(selection);
      if (selection.kind === Kind.FIELD) walkField(selection, scope, depth);
      else if (selection.kind === Kind.INLINE_FRAGMENT) walk(selection.selectionSet, scope, depth);
      else {
        fragments.expand(selection.name.value, (fragment) => {
          walkFragment(fragment, scope, depth);
        });
      }
    }
  }

  for (const fragment of unused) {
    consume("fragments");
    consumeDirectives(fragment);
  }
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { variableDefinitions = [] } = definition;
    consume("variables", variableDefinitions.length);
    for (const part of [definition, ...variableDefinitions]) consumeDirectives(part);
    walk(definition.selectionSet, createFieldScope(), 1);
  }
  // Validation also reads unused fragments.
  for (const fragment of unused) walkFragment(fragment, createFieldScope(), 1);
}
