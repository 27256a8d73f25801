import { Kind, parse, print, visit } from "graphql";

/** The SDL without these directives: neither used nor imported by `@link`. */
export function removeDirectives(sdl: string, names: readonly string[]): string {
  const document = visit(parse(sdl), {
    Directive: ({ name }) => (names.includes(name.value) ? null : undefined),
    ListValue: (list) => ({
      ...list,
      values: list.values.filter((value) => value.kind !== Kind.STRING || !names.includes(value.value.slice(1))),
    }),
  });
  return print(document);
}
