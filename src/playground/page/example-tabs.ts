/** An operation of schema/operations, with its variables and its caller. */
export interface Example {
  /** The name of its file, for example `change-offer`. */
  readonly name: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The claims that the caller's token must have. */
  readonly caller: Readonly<Record<string, string>>;
}

/** A caller's claims as text. */
export function describeClaims(claims: Readonly<Record<string, string>>): string {
  return Object.entries(claims)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

/** One claim a line, because the editor is narrow. */
const formatCallerComment = (claims: Example["caller"]) =>
  Object.entries(claims)
    .map(([name, value], index) => `# ${index === 0 ? "Caller:" : "       "} ${name} ${value}\n`)
    .join("");

/** Idempotency keys are new for each opening of the page. Within it they stay the same, so a second run shows a replay. */
function withFreshIdempotencyKeys(value: unknown, pageLoadId: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === "idempotencyKey" ? `${String(inner)}-${pageLoadId}` : withFreshIdempotencyKeys(inner, pageLoadId),
    ]),
  );
}

/** The tabs of a new session, in order; the operation's name is the tab's title. `pageLoadId` is new with each page load. */
export function toTabs(examples: readonly Example[], pageLoadId: string) {
  return examples.map(({ query, variables, caller }) => ({
    query: `${formatCallerComment(caller)}${query}`,
    // GraphiQL opens its first tab without variables, so the first example must not need any.
    variables:
      Object.keys(variables).length === 0
        ? null
        : JSON.stringify(withFreshIdempotencyKeys(variables, pageLoadId), undefined, 2),
  }));
}
