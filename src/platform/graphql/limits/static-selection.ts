import { type FragmentDefinitionNode, Kind, type SelectionNode, type ValueNode } from "graphql";

type FragmentMap = Readonly<Record<string, FragmentDefinitionNode>>;

const LITERAL_KINDS: ReadonlySet<ValueNode["kind"]> = new Set([
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.ENUM,
]);

/**
 * Whether every execution selects the same fields with the same arguments, independent of variables: no directives, and only
 * literal arguments. The document must have passed the guard, which bounds the expansion of its fragments.
 */
export function isStaticSelection(node: SelectionNode | FragmentDefinitionNode, fragments: FragmentMap): boolean {
  if (node.directives && node.directives.length > 0) return false;
  if (node.kind === Kind.FRAGMENT_SPREAD) {
    const fragment = fragments[node.name.value];
    return fragment !== undefined && isStaticSelection(fragment, fragments);
  }
  if (node.kind === Kind.FIELD && node.arguments?.some(({ value }) => !LITERAL_KINDS.has(value.kind))) return false;
  return node.selectionSet?.selections.every((selection) => isStaticSelection(selection, fragments)) ?? true;
}
