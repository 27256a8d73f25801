import { validateHeaderName, validateHeaderValue } from "node:http";
import { type JsonObject, isJsonObject } from "./request-body";

const KINDS = [
  "status",
  "delay",
  "resetBeforeCommit",
  "resetAfterCommit",
  "hangBeforeCommit",
  "hangAfterCommit",
  "truncatedBody",
  "malformedJson",
  "wrongShape",
  "emptyBody",
  "htmlBody",
  "hugeBody",
  "endlessBody",
  "slowBody",
  "redirect",
] as const;

// setTimeout fires immediately for a longer delay.
const MAX_DELAY_MS = 2 ** 31 - 1;

/** A failure that the server plays; docs/contributing/sandbox.md lists the kinds. */
export interface Fault {
  readonly match: { readonly method?: string; readonly path?: string };
  readonly kind: (typeof KINDS)[number];
  readonly status?: number;
  readonly delayMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly times?: number;
  readonly probability?: number;
  readonly seed?: number;
}

type Check = (value: unknown) => string | undefined;

const checkRange =
  (min: number, max: number): Check =>
  (value) =>
    typeof value === "number" && value >= min && value <= max ? undefined : `a number from ${min} to ${max}`;

const checkIntegerRange =
  (min: number, max: number): Check =>
  (value) =>
    Number.isInteger(value) ? checkRange(min, max)(value) : `a whole number from ${min} to ${max}`;

const checkText: Check = (value) => (typeof value === "string" ? undefined : "text");

const checkHeaders: Check = (value) => {
  if (!isJsonObject(value)) return "an object of header names and text";
  try {
    for (const [name, text] of Object.entries(value)) {
      if (typeof text !== "string") return "an object of header names and text";
      validateHeaderName(name);
      validateHeaderValue(name, text);
    }
    return undefined;
  } catch {
    return "headers that HTTP allows";
  }
};

const MATCH_CHECKS: Readonly<Record<string, Check>> = { method: checkText, path: checkText };

const FAULT_CHECKS: Readonly<Record<string, Check>> = {
  match: (value) => (isJsonObject(value) ? undefined : "an object with method and path, both optional"),
  kind: (value) => (KINDS.some((kind) => kind === value) ? undefined : `one of ${KINDS.join(", ")}`),
  // A 1xx is not a final response: the client would wait indefinitely.
  status: checkIntegerRange(200, 599),
  delayMs: checkRange(0, MAX_DELAY_MS),
  headers: checkHeaders,
  body: () => undefined,
  times: checkIntegerRange(1, Number.MAX_SAFE_INTEGER),
  probability: checkRange(0, 1),
  seed: checkIntegerRange(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
};

function findProblems(value: JsonObject, checks: Readonly<Record<string, Check>>, prefix: string): string[] {
  return Object.entries(value).flatMap(([name, member]) => {
    if (!Object.hasOwn(checks, name)) return [`${prefix}${name} is not known`];
    const expected = checks[name]?.(member);
    return expected === undefined ? [] : [`${prefix}${name} must be ${expected}`];
  });
}

/** Parses one fault or an array of faults. Returns all problems if there are any. */
export function parseFaults(value: unknown): { faults: readonly Fault[] } | { problems: readonly string[] } {
  const faults: Fault[] = [];
  const problems: string[] = [];
  for (const [index, item] of (Array.isArray(value) ? (value as unknown[]) : [value]).entries()) {
    const prefix = Array.isArray(value) ? `[${index}].` : "";
    if (!isJsonObject(item)) {
      problems.push(`${prefix === "" ? "the body" : `[${index}]`} must be a fault object`);
      continue;
    }
    const itemProblems = findProblems({ match: undefined, kind: undefined, ...item }, FAULT_CHECKS, prefix);
    if (isJsonObject(item["match"])) itemProblems.push(...findProblems(item["match"], MATCH_CHECKS, `${prefix}match.`));
    problems.push(...itemProblems);
    // Without problems, each element is a valid fault.
    faults.push(item as unknown as Fault);
  }
  return problems.length === 0 ? { faults } : { problems };
}
