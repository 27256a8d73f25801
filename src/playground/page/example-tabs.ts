/** An operation of schema/operations: what it asks, with which values, and for whom it is written. */
export interface Example {
  /** Its file's name, for example `change-offer`. */
  readonly name: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The claims that its caller's token has to hold. */
  readonly caller: Readonly<Record<string, string>>;
}

/** A caller's claims, in words. */
export function describeClaims(claims: Readonly<Record<string, string>>): string {
  return Object.entries(claims)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

/** One claim a line, as an editor is narrow. */
const formatCallerComment = (claims: Example["caller"]) =>
  Object.entries(claims)
    .map(([name, value], index) => `# ${index === 0 ? "Caller:" : "       "} ${name} ${value}\n`)
    .join("");

/** Each opening of the page is a press of its own; pressed twice within it, the key is the same: that is what it shows. */
function withFreshIdempotencyKeys(value: unknown, pageLoadId: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === "idempotencyKey" ? `${String(inner)}-${pageLoadId}` : withFreshIdempotencyKeys(inner, pageLoadId),
    ]),
  );
}

/** The tabs of a new session, in order; the operation's name is the tab's title. `opening` is new with every page load. */
export function toTabs(examples: readonly Example[], pageLoadId: string) {
  return examples.map(({ query, variables, caller }) => ({
    query: `${formatCallerComment(caller)}${query}`,
    // GraphiQL opens its first tab without variables, so the first example had better have none.
    variables:
      Object.keys(variables).length === 0
        ? null
        : JSON.stringify(withFreshIdempotencyKeys(variables, pageLoadId), undefined, 2),
  }));
}
