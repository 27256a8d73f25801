const MAX_NAME_LENGTH = 64;

/** `Cancelled`, `CANCELLED` and `Canceled` are one name, and so are `SomeName`, `some-name` and `SOME_NAME`. */
const fold = (name: string) =>
  name
    .toUpperCase()
    .replace(/[\s_-]/g, "")
    .replace("CANCELED", "CANCELLED");

/** The known name that another party's text spells, in any case and with any separators; undefined if none. */
export function matchName<const Name extends string>(text: unknown, known: readonly Name[]): Name | undefined {
  if (typeof text !== "string" || text.length > MAX_NAME_LENGTH) return undefined;
  const folded = fold(text);
  return known.find((name) => fold(name) === folded);
}
