import { validateHeaderName, validateHeaderValue } from "node:http";
import { type Fields, isFields } from "./request-body";

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

// setTimeout fires at once for anything longer.
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** A failure to be played; see design.md section 2. */
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

const between =
  (lowest: number, highest: number): Check =>
  (value) =>
    typeof value === "number" && value >= lowest && value <= highest
      ? undefined
      : `a number from ${lowest} to ${highest}`;

const integerBetween =
  (lowest: number, highest: number): Check =>
  (value) =>
    Number.isInteger(value) ? between(lowest, highest)(value) : `a whole number from ${lowest} to ${highest}`;

const isText: Check = (value) => (typeof value === "string" ? undefined : "text");

const isHeaders: Check = (value) => {
  if (!isFields(value)) return "an object of header names and text";
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

const MATCH_MEMBERS: Readonly<Record<string, Check>> = { method: isText, path: isText };

const MEMBERS: Readonly<Record<string, Check>> = {
  match: (value) => (isFields(value) ? undefined : "an object with method and path, both optional"),
  kind: (value) => (KINDS.some((kind) => kind === value) ? undefined : `one of ${KINDS.join(", ")}`),
  // A 1xx is not a final answer: the client would wait for ever.
  status: integerBetween(200, 599),
  delayMs: between(0, LONGEST_DELAY_MS),
  headers: isHeaders,
  body: () => undefined,
  times: integerBetween(1, Number.MAX_SAFE_INTEGER),
  probability: between(0, 1),
  seed: integerBetween(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
};

function problemsOf(value: Fields, members: Readonly<Record<string, Check>>, where: string): string[] {
  return Object.entries(value).flatMap(([name, member]) => {
    if (!Object.hasOwn(members, name)) return [`${where}${name} is not known`];
    const expected = members[name]?.(member);
    return expected === undefined ? [] : [`${where}${name} must be ${expected}`];
  });
}

/** One fault or an array of them; or everything that is wrong with it. */
export function parseFaults(value: unknown): { faults: readonly Fault[] } | { problems: readonly string[] } {
  const faults: Fault[] = [];
  const problems: string[] = [];
  for (const [index, item] of (Array.isArray(value) ? (value as unknown[]) : [value]).entries()) {
    const where = Array.isArray(value) ? `[${index}].` : "";
    if (!isFields(item)) {
      problems.push(`${where === "" ? "the body" : `[${index}]`} must be a fault object`);
      continue;
    }
    const found = problemsOf({ match: undefined, kind: undefined, ...item }, MEMBERS, where);
    if (isFields(item["match"])) found.push(...problemsOf(item["match"], MATCH_MEMBERS, `${where}match.`));
    problems.push(...found);
    // Whoever reads `faults` has seen that there are no problems, so each is what it is said to be.
    faults.push(item as unknown as Fault);
  }
  return problems.length === 0 ? { faults } : { problems };
}
