type RawEnvironment = Readonly<Record<string, string | undefined>>;

/** Variables that have a new name. One that is still set stops the start. */
const RENAMED: Readonly<Record<string, string>> = {
  OPERATION_TIMEOUT_MS: "REQUEST_TIMEOUT_MS",
  LIMIT_LEDGER_READS: "LIMIT_STORE_READS",
  LIMIT_LEDGER_ROWS: "LIMIT_STORE_ROWS",
};

/** Limits that another limit replaced: its name, and what it bounds. One that is still set is a warning. */
const FOLDED: Readonly<Record<string, readonly [limit: string, bounded: string]>> = {
  LIMIT_CHARACTERS: ["LIMIT_TOKENS", "the characters of a document"],
  LIMIT_LINES: ["LIMIT_TOKENS", "the lines of a document"],
  LIMIT_REPEATS: ["LIMIT_FIELDS", "the repetitions of a response name"],
  LIMIT_FRAGMENTS: ["LIMIT_FIELDS", "the fragments of a document"],
  LIMIT_DIRECTIVES: ["LIMIT_FIELDS", "the directives of a document"],
  LIMIT_VARIABLES: ["LIMIT_FIELDS", "the variables of a request"],
  LIMIT_INPUT_VALUES: ["LIMIT_COST", "the values in a request's variables"],
  LIMIT_INPUT_DEPTH: ["LIMIT_DEPTH", "the nesting depth of a request's variables"],
};

/** Problems, one line each. */
export function findRenamedVariables(environment: RawEnvironment): string[] {
  return Object.entries(RENAMED)
    .filter(([name]) => environment[name] !== undefined)
    .map(([name, newName]) => `${name}: was renamed to ${newName}`);
}

/** Warnings, one line each. */
export function findFoldedVariables(environment: RawEnvironment): string[] {
  return Object.entries(FOLDED)
    .filter(([name]) => environment[name] !== undefined)
    .map(([name, [limit, bounded]]) => `${name}: has no effect any more; ${limit} bounds ${bounded}`);
}
