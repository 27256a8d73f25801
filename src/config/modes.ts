import { listVariableNames } from "./environment";
import { type RawEnvironment } from "./variable";

/** Variables that are optional in the schema but required in live mode. */
const REQUIRED = ["ROUTER_SECRETS", "AUTH_JWKS_URL", "LEDGER_KEY"] as const;

/** 128 bits in hexadecimal digits. */
const MIN_SECRET_LENGTH = 32;

/** As fetch parses it: tabs in the scheme are dropped, and its case is ignored. */
const isPlainHttp = (url = "") => URL.canParse(url) && new URL(url).protocol === "http:";

/** Problems that only `PROVIDERS=live` has, one line each. */
export function findLiveProblems(environment: RawEnvironment): string[] {
  const problems = REQUIRED.filter((name) => !environment[name]).map(
    (name) => `${name}: is required when PROVIDERS=live`,
  );
  if (environment["DATABASE_URL"]?.startsWith("sqlite::memory:")) {
    problems.push("DATABASE_URL: sqlite::memory: loses every operation at a restart; it is for the sandbox only");
  }
  const lengths = environment["ROUTER_SECRETS"]?.split(",").map((secret) => secret.trim().length) ?? [];
  if (!lengths.includes(0) && lengths.some((length) => length < MIN_SECRET_LENGTH)) {
    problems.push(`ROUTER_SECRETS: each must have at least ${MIN_SECRET_LENGTH} characters when PROVIDERS=live`);
  }
  if (environment["ALLOW_PLAIN_HTTP"] === "true") return problems;
  // Tokens, credentials and personal data are sent to these URLs; the portal URL is opened with a token in it.
  const urls = listVariableNames("_URL").filter((name) => name !== "DATABASE_URL"); // which is never http
  for (const name of urls.filter((name) => isPlainHttp(environment[name]))) {
    problems.push(`${name}: must be an https URL when PROVIDERS=live; ALLOW_PLAIN_HTTP=true allows http`);
  }
  return problems;
}

function isLoopback(url: string | undefined): boolean {
  if (url === undefined || !URL.canParse(url)) return true; // not set, or already rejected for its form
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(new URL(url).hostname);
}

/** The variables of provider URLs that name another host. */
export const listRemoteProviders = (environment: RawEnvironment) =>
  listVariableNames("_BASE_URL").filter((name) => !isLoopback(environment[name]));

/** Problems that only `PROVIDERS=sandbox` has, one line each. */
export function findSandboxProblems(environment: RawEnvironment): string[] {
  const problems: string[] = [];
  if (environment["NODE_ENV"] === "production" && environment["ALLOW_SANDBOX_IN_PRODUCTION"] !== "true") {
    problems.push(
      "PROVIDERS: sandbox is rejected with NODE_ENV=production; set ALLOW_SANDBOX_IN_PRODUCTION=true to allow it",
    );
  }
  if (environment["AUTH_JWKS_URL"]) return problems;
  // Any client of a sandbox can sign any member's token, so its requests must not reach a real provider.
  for (const name of listRemoteProviders(environment)) {
    problems.push(`${name}: must be a loopback address with PROVIDERS=sandbox`);
  }
  return problems;
}

/** Values that are allowed in live mode but deserve a line in the log. */
export function findLiveWarnings(environment: RawEnvironment): string[] {
  if (!environment["DATABASE_URL"]?.startsWith("sqlite:")) return [];
  return ["DATABASE_URL: a SQLite file serves a single process; use postgres://… for more than one replica"];
}
