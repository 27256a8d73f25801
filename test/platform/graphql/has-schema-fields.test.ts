import { parse } from "graphql";
import { hasSchemaFields } from "../../../src/platform/graphql/has-schema-fields";

test.each([
  ["{ __schema { types { name } } }", true],
  ['{ __type(name: "User") { name } }', true],
  ["{ _service { sdl } }", true],
  ["{ harmless: _service { sdl } }", true],
  ["{ me { id } _service { sdl } }", true],
  ["{ ... { _service { sdl } } }", true],
  ["{ ...Rest } fragment Rest on Query { _service { sdl } }", true],
  ["query A { me { id } } query B { __schema { types { name } } }", true],
  ["query($no: Boolean = false) { _service @include(if: $no) { sdl } }", true],
  ["{ me { id } }", false],
  ["{ __typename }", false],
  ["{ _service: me { id } }", false],
  ['{ user(id: "_service") { id } } # __schema', false],
  ["mutation __schema { a }", false],
])("the document %s selects schema fields: %s", (text, expected) => {
  expect(hasSchemaFields(parse(text))).toBe(expected);
});
