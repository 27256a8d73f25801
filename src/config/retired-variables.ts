import { type RawEnvironment } from "./variable";

/** Variables that have a new name. One that is still set stops the start. */
const RENAMED: Readonly<Record<string, string>> = {
  OPERATION_TIMEOUT_MS: "REQUEST_TIMEOUT_MS",
  LIMIT_LEDGER_READS: "LIMIT_STORE_READS",
  LIMIT_LEDGER_ROWS: "LIMIT_STORE_ROWS",
  WEBSOCKET_ORIGINS: "CORS_ORIGINS",
};

/** Limits of earlier versions, each with the limit that replaces it. One that is still set is reported in the log. */
export const FOLDED_LIMITS = {
  LIMIT_CHARACTERS: "LIMIT_TOKENS",
  LIMIT_LINES: "LIMIT_TOKENS",
  LIMIT_REPEATS: "LIMIT_FIELDS",
  LIMIT_FRAGMENTS: "LIMIT_FIELDS",
  LIMIT_DIRECTIVES: "LIMIT_FIELDS",
  LIMIT_VARIABLES: "LIMIT_FIELDS",
  LIMIT_INPUT_VALUES: "LIMIT_COST",
  LIMIT_INPUT_DEPTH: "LIMIT_DEPTH",
} as const;

/** What each folded limit bounded. */
const BOUNDED: Readonly<Record<keyof typeof FOLDED_LIMITS, string>> = {
  LIMIT_CHARACTERS: "the characters of a document",
  LIMIT_LINES: "the lines of a document",
  LIMIT_REPEATS: "the repetitions of a response name",
  LIMIT_FRAGMENTS: "the fragments of a document",
  LIMIT_DIRECTIVES: "the directives of a document",
  LIMIT_VARIABLES: "the variables of a request",
  LIMIT_INPUT_VALUES: "the values in a request's variables",
  LIMIT_INPUT_DEPTH: "the nesting depth of a request's variables",
};

/** Problems, one line each. */
export function findRenamedVariables(environment: RawEnvironment): string[] {
  return Object.entries(RENAMED)
    .filter(([name]) => environment[name] !== undefined)
    .map(([name, newName]) => `${name}: was renamed to ${newName}`);
}

/** Warnings, one line each. */
export function findFoldedVariables(environment: RawEnvironment): string[] {
  return (Object.keys(BOUNDED) as (keyof typeof FOLDED_LIMITS)[])
    .filter((name) => environment[name] !== undefined)
    .map((name) => `${name}: has no effect any more; ${FOLDED_LIMITS[name]} bounds ${BOUNDED[name]}`);
}
