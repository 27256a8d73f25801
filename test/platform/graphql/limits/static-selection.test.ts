import { type FieldNode, type FragmentDefinitionNode, Kind, parse } from "graphql";
import { isStaticSelection } from "../../../../src/platform/graphql/limits/static-selection";

function isStatic(text: string): boolean {
  const { definitions } = parse(text);
  const fragments = definitions.filter((one): one is FragmentDefinitionNode => one.kind === Kind.FRAGMENT_DEFINITION);
  const [operation] = definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error("no operation");
  const field = operation.selectionSet.selections[0] as FieldNode;
  return isStaticSelection(field, Object.fromEntries(fragments.map((one) => [one.name.value, one])));
}

test.each([
  ["{ a { b c { d } } }", true],
  ['{ a { b(x: 1, y: "t", z: true, k: K, f: 1.5) } }', true],
  ["{ a { ...F ... on T { c } } } fragment F on T { b }", true],
  ["query($v: Int) { a { b(x: $v) } }", false],
  ["query($v: Int) { a { b(x: [$v]) } }", false],
  ["query($v: Int) { a { b(x: { y: $v }) } }", false],
  ["{ a { b(x: null) } }", false],
  ["query($v: Boolean!) { a { b @include(if: $v) } }", false],
  ["query($v: Boolean!) { a @skip(if: $v) { b } }", false],
  ["query($v: Boolean!) { a { ... @include(if: $v) { b } } }", false],
  ["query($v: Boolean!) { a { ...F @skip(if: $v) } } fragment F on T { b }", false],
  ["query($v: Int) { a { ...F } } fragment F on T { ...G } fragment G on T { b(x: $v) }", false],
  ["{ a { ...Missing } }", false],
])("the first field of %s has the same cost with any variables: %s", (text, expected) => {
  expect(isStatic(text)).toBe(expected);
});
