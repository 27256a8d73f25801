/** Variables that live mode requires, beyond those that have no default in either mode. */
const REQUIRED = ["ROUTER_SECRETS", "AUTH_JWKS_URL", "LEDGER_KEY"] as const;

/** Tokens, credentials and personal data are sent to these, or opened with a token in the URL. */
const HTTPS_ONLY = [
  "AVIBRA_BASE_URL",
  "AVIBRA_TOKEN_URL",
  "AVIBRA_PORTAL_URL",
  "DELBANK_BASE_URL",
  "AUTH_JWKS_URL",
] as const;

/** 128 bits in hexadecimal digits. */
const MIN_SECRET_CHARACTERS = 32;

type Given = Readonly<Record<string, string | undefined>>;

/** What is wrong with an environment because `PROVIDERS=live`, a line each. The variables' form is checked elsewhere. */
export function findLiveProblems(given: Given): string[] {
  const problems = REQUIRED.filter((name) => !given[name]).map((name) => `${name}: is required when PROVIDERS=live`);
  if (given["DATABASE_URL"]?.startsWith("sqlite::memory:")) {
    problems.push("DATABASE_URL: sqlite::memory: forgets every operation at a restart; it is for the sandbox only");
  }
  const lengths = given["ROUTER_SECRETS"]?.split(",").map((secret) => secret.trim().length) ?? [];
  if (!lengths.includes(0) && lengths.some((length) => length < MIN_SECRET_CHARACTERS)) {
    problems.push(`ROUTER_SECRETS: each must have at least ${MIN_SECRET_CHARACTERS} characters when PROVIDERS=live`);
  }
  if (given["ALLOW_PLAIN_HTTP"] === "true") return problems;
  // As it is read: a URL's parser drops tabs inside the scheme, and knows it in any case.
  const isPlain = (url = "") => URL.canParse(url) && new URL(url).protocol === "http:";
  for (const name of HTTPS_ONLY.filter((name) => isPlain(given[name]))) {
    problems.push(`${name}: must be an https URL when PROVIDERS=live; ALLOW_PLAIN_HTTP=true allows http`);
  }
  return problems;
}

/** What is allowed in live mode but deserves a line in the log at start. */
export function findLiveWarnings(given: Given): string[] {
  if (!given["DATABASE_URL"]?.startsWith("sqlite:")) return [];
  return ["DATABASE_URL: a SQLite file serves a single process; use postgres://… for more than one replica"];
}
