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
 * Whether the same fields are executed with the same arguments, whatever the variables: a selection without directives, whose
 * arguments are literals. Of a document that passed the guard, so that its fragments are spread a bounded number of times.
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
