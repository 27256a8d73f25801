import fc from "fast-check";
import { canonicalJson } from "../../../src/platform/kernel/canonical-json";

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, member]): [string, unknown] => [name, shuffled(member)]);
  return Object.fromEntries(entries.reverse());
}

test("the order of members does not matter, the order of lists does, absent and undefined are one", () => {
  const one = { b: [1, 2], a: { d: null, c: "x" }, e: undefined };
  expect(canonicalJson(one)).toBe('{"a":{"c":"x","d":null},"b":[1,2]}');
  expect(canonicalJson({ a: { c: "x", d: null }, b: [1, 2] })).toBe(canonicalJson(one));
  expect(canonicalJson({ a: { c: "x", d: null }, b: [2, 1] })).not.toBe(canonicalJson(one));
  expect(canonicalJson([undefined, new Date(0)])).toBe('[null,"1970-01-01T00:00:00.000Z"]');
  expect(canonicalJson(Object.assign(Object.create(null) as object, { a: 1 }))).toBe('{"a":1}');
});

test("any JSON value survives it, and in any order of members gives the same text", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
    }),
  );
});

test("a member called __proto__ is data like any other", () => {
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
])("%s is refused, deep inside too", (_, value) => {
  expect(() => canonicalJson(value)).toThrow(TypeError);
  if (value !== undefined) expect(() => canonicalJson({ a: [{ b: value }] })).toThrow(TypeError);
});
