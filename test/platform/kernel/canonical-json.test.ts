import fc from "fast-check";
import { canonicalJson } from "../../../src/platform/kernel/canonical-json";

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, member]): [string, unknown] => [name, shuffled(member)]);
  return Object.fromEntries(entries.reverse());
}

test("canonical JSON does not depend on the order of members, but on that of lists, and omits undefined members", () => {
  const one = { b: [1, 2], a: { d: null, c: "x" }, e: undefined };
  expect(canonicalJson(one)).toBe('{"a":{"c":"x","d":null},"b":[1,2]}');
  expect(canonicalJson({ a: { c: "x", d: null }, b: [1, 2] })).toBe(canonicalJson(one));
  expect(canonicalJson({ a: { c: "x", d: null }, b: [2, 1] })).not.toBe(canonicalJson(one));
  expect(canonicalJson([undefined, new Date(0)])).toBe('[null,"1970-01-01T00:00:00.000Z"]');
  expect(canonicalJson(Object.assign(Object.create(null) as object, { a: 1 }))).toBe('{"a":1}');
});

test("canonical JSON of any value parses to it, and is the same for any order of its members", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
    }),
  );
});

test("canonical JSON has a member called __proto__ like any other", () => {
  expect(canonicalJson(JSON.parse('{"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1}}');
});

class Money {
  amount = 1;
}

test.each([
  ["NaN", NaN],
  ["infinity", Infinity],
  ["a bigint", 1n],
  ["a function", () => 1],
  ["a symbol", Symbol("s")],
  ["a map", new Map([["a", 1]])],
  ["a class instance", new Money()],
  ["nothing at all", undefined],
])("canonical JSON of %s is a TypeError, also deep inside", (_, value) => {
  expect(() => canonicalJson(value)).toThrow(TypeError);
  if (value !== undefined) expect(() => canonicalJson({ a: [{ b: value }] })).toThrow(TypeError);
});
