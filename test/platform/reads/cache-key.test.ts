import fc from "fast-check";
import { type Caller } from "../../../src/platform/auth/caller";
import { toCallerScope, toCacheKey } from "../../../src/platform/reads/cache-key";

// Small alphabets, so that equal and nearly equal parts are drawn often; quotes, commas and escapes, so that a careless
// join of parts would make different reads the same.
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "b", '"', ",", "\\", "[", "]", "\u0000", " ", "\ud800"), maxLength: 4 }),
  fc.string({ unit: "binary", maxLength: 6 }),
);
const caller = fc.record({
  userId: text,
  taxId: fc.option(text, { nil: undefined }),
  scopes: fc.array(text, { maxLength: 3 }).map((scopes) => new Set(scopes)),
});
const read = fc.record({ caller, operation: text, args: fc.array(text, { maxLength: 3 }) });
type Drawn = typeof read extends fc.Arbitrary<infer One> ? One : never;

const asCaller = ({ userId, taxId, scopes }: Drawn["caller"]): Caller => ({
  userId,
  scopes,
  ...(taxId !== undefined && { taxId }),
});
const keyOf = ({ caller: who, operation, args }: Drawn) =>
  toCacheKey({ scope: toCallerScope(asCaller(who)), endpoint: operation, args });

const isSameCaller = (one: Drawn["caller"], other: Drawn["caller"]) =>
  one.userId === other.userId &&
  one.taxId === other.taxId &&
  one.scopes.size === other.scopes.size &&
  [...one.scopes].every((scope) => other.scopes.has(scope));
const isSame = (one: Drawn, other: Drawn) =>
  isSameCaller(one.caller, other.caller) &&
  one.operation === other.operation &&
  one.args.length === other.args.length &&
  one.args.every((arg, index) => arg === other.args[index]);

/** One part of a read replaced by another's. */
const mixed = fc.tuple(read, read, fc.nat(4)).map(([one, other, part]): [Drawn, Drawn] => {
  const changed: readonly Drawn[] = [
    { ...one, operation: other.operation },
    { ...one, args: other.args },
    { ...one, caller: { ...one.caller, userId: other.caller.userId } },
    { ...one, caller: { ...one.caller, taxId: other.caller.taxId } },
    { ...one, caller: { ...one.caller, scopes: other.caller.scopes } },
  ];
  return [one, changed[part] ?? one];
});

test("two reads have the same key exactly if principal, operation and arguments are the same", () => {
  let same = 0;
  fc.assert(
    fc.property(fc.oneof(mixed, fc.tuple(read, read)), ([one, other]) => {
      if (isSame(one, other)) same += 1;
      return (keyOf(one) === keyOf(other)) === isSame(one, other);
    }),
    { numRuns: 4000 },
  );
  expect(same).toBeGreaterThan(20); // both sides of "exactly" were drawn
});

test("a caller's scopes in another order have the same cache key", () => {
  const scopes = ["b", "a", "c"];
  const [one, other] = [scopes, scopes.toReversed()].map((list) =>
    toCallerScope({ userId: "u", scopes: new Set(list) }),
  );
  expect(one).toBe(other);
});

test("parts of a cache key that join to the same text have different keys", () => {
  const scope = toCallerScope({ userId: "u-1", scopes: new Set() });
  const keys = [
    toCacheKey({ scope, endpoint: "read", args: ["a", "b"] }),
    toCacheKey({ scope, endpoint: "read", args: ['a","b'] }),
    toCacheKey({ scope, endpoint: "read", args: ["ab"] }),
    toCacheKey({ scope, endpoint: "reada", args: ["b"] }),
  ];
  expect(new Set(keys).size).toBe(4);
});
