/**
 * JSON text that is equal for equal values: members sorted by name, undefined members dropped, no spaces. Dates become ISO text,
 * undefined in a list becomes null. Throws TypeError for values that JSON would silently change or drop (NaN, infinities, bigints,
 * functions, symbols, maps, sets, class instances), because two different inputs would then have the same text.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  if (typeof value === "number" && Number.isFinite(value)) return JSON.stringify(value);
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  if (Array.isArray(value)) return `[${value.map((item: unknown) => canonicalJson(item ?? null)).join(",")}]`;
  if (isPlainObject(value)) {
    const members = Object.keys(value)
      .filter((name) => value[name] !== undefined)
      .sort()
      .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`);
    return `{${members.join(",")}}`;
  }
  throw new TypeError("The value cannot be written as JSON without loss");
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // GraphQL's argument objects have no prototype. Tests run in another realm, which has its own Object.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
