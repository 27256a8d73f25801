import { type DocumentNode, type FragmentDefinitionNode, Kind } from "graphql";

/** The fragments of a document, by name, for one walk. A fragment is never expanded within itself. */
export interface Fragments {
  /** Calls `walk` with the fragment of that name, unless it does not exist or is being walked. */
  expand(name: string, walk: (fragment: FragmentDefinitionNode) => void): void;
}

export const getFragmentDefinitions = ({ definitions }: DocumentNode): FragmentDefinitionNode[] =>
  definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);

export function createFragments(document: DocumentNode): Fragments {
  const byName = new Map(getFragmentDefinitions(document).map((fragment) => [fragment.name.value, fragment]));
  return {
    expand(name, walk) {
      const fragment = byName.get(name);
      if (!fragment) return;
      byName.delete(name);
      walk(fragment);
      byName.set(name, fragment);
    },
  };
}
