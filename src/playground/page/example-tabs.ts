import { type Caller } from "./callers";

/** An operation of schema/operations, with its variables and its caller. */
export interface Example {
  /** The name of its file, for example `change-offer`. */
  readonly name: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The claims that the caller's token must have. */
  readonly caller: Readonly<Record<string, string>>;
}

/** A tab of GraphiQL, as it is given to it. */
export interface Tab {
  readonly query: string | null;
  readonly variables?: string | null;
  readonly headers?: string | null;
}

/** A caller's claims as text. */
export function describeClaims(claims: Readonly<Record<string, string>>): string {
  return Object.entries(claims)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

const CALLER_COMMENT = /^# Caller: .*\n(?:# {9}\S.*\n)*/;

/** One claim a line, because the editor is narrow. */
function formatCallerComment({ claims }: Caller): string {
  if (claims === undefined) return "# Caller: anonymous, without a token\n";
  return Object.entries(claims)
    .map(([name, value], index) => `# ${index === 0 ? "Caller:" : "       "} ${name} ${value}\n`)
    .join("");
}

/** The line after the caller's comment, and the comment of another caller; undefined if `query` does not begin with a comment of another one. */
export function findStaleCallerComment(query: string, caller: Caller) {
  const [found] = CALLER_COMMENT.exec(query) ?? [];
  const comment = formatCallerComment(caller);
  return found === undefined || found === comment ? undefined : { endLine: found.split("\n").length, comment };
}

/** The text of a new tab. */
export function createHint(caller: Caller | undefined): string {
  return `${caller ? formatCallerComment(caller) : ""}# A new operation: Ctrl-Space lists the fields,
# Ctrl-Enter runs it. For example:
# { me { id currentOffer { status } } }

`;
}

/** Idempotency keys are new for each session. Within it they stay the same, also after a reload, so a second run shows a replay. */
function withFreshIdempotencyKeys(value: unknown, sessionId: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === "idempotencyKey" ? `${String(inner)}-${sessionId}` : withFreshIdempotencyKeys(inner, sessionId),
    ]),
  );
}

/**
 * The tabs of a new session, in order; the operation's name is the tab's title. `sessionId` is new with each session. Without a
 * caller, because the page cannot choose one, no comment names one.
 */
export function toTabs(examples: readonly Example[], sessionId: string, caller: Caller | undefined): Tab[] {
  return examples.map(({ query, variables }) => ({
    query: `${caller ? formatCallerComment(caller) : ""}${query}`,
    // GraphiQL opens its first tab without variables, so the first example must not need any.
    variables:
      Object.keys(variables).length === 0
        ? null
        : JSON.stringify(withFreshIdempotencyKeys(variables, sessionId), undefined, 2),
  }));
}
