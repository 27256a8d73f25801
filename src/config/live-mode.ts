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
const MIN_SECRET_LENGTH = 32;

type RawEnvironment = Readonly<Record<string, string | undefined>>;

/** What is wrong with an environment because `PROVIDERS=live`, a line each. The variables' form is checked elsewhere. */
export function findLiveProblems(rawEnvironment: RawEnvironment): string[] {
  const problems = REQUIRED.filter((name) => !rawEnvironment[name]).map(
    (name) => `${name}: is required when PROVIDERS=live`,
  );
  if (rawEnvironment["DATABASE_URL"]?.startsWith("sqlite::memory:")) {
    problems.push("DATABASE_URL: sqlite::memory: forgets every operation at a restart; it is for the sandbox only");
  }
  const lengths = rawEnvironment["ROUTER_SECRETS"]?.split(",").map((secret) => secret.trim().length) ?? [];
  if (!lengths.includes(0) && lengths.some((length) => length < MIN_SECRET_LENGTH)) {
    problems.push(`ROUTER_SECRETS: each must have at least ${MIN_SECRET_LENGTH} characters when PROVIDERS=live`);
  }
  if (rawEnvironment["ALLOW_PLAIN_HTTP"] === "true") return problems;
  // As it is read: a URL's parser drops tabs inside the scheme, and knows it in any case.
  const isPlainHttp = (url = "") => URL.canParse(url) && new URL(url).protocol === "http:";
  for (const name of HTTPS_ONLY.filter((name) => isPlainHttp(rawEnvironment[name]))) {
    problems.push(`${name}: must be an https URL when PROVIDERS=live; ALLOW_PLAIN_HTTP=true allows http`);
  }
  return problems;
}

/** What is allowed in live mode but deserves a line in the log at start. */
export function findLiveWarnings(rawEnvironment: RawEnvironment): string[] {
  if (!rawEnvironment["DATABASE_URL"]?.startsWith("sqlite:")) return [];
  return ["DATABASE_URL: a SQLite file serves a single process; use postgres://… for more than one replica"];
}
