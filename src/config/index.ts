import { join } from "node:path";
import { findContradictions, findIneffectiveLimits } from "./contradictions";
import { findLiveProblems, findLiveWarnings } from "./live-mode";
import { Environment } from "./environment";

/** The configuration as it is used: variables by name, what is optional resolved. */
export type Config = Omit<Environment, "PLAYGROUND" | "EXPOSE_UPSTREAM_COST"> & {
  readonly PLAYGROUND: boolean;
  readonly EXPOSE_UPSTREAM_COST: boolean;
  readonly isSandbox: boolean;
  /** What does not stop the start but is logged at it, a line each. */
  readonly warnings: readonly string[];
};

/** Every problem of the configuration in one message, a line each. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
  }
}

/** What the sandbox puts in place of a real provider's values. Not secrets: the simulated providers print them. */
function getSandboxDefaults(environment: NodeJS.ProcessEnv): Record<string, string> {
  const avibra = `http://127.0.0.1:${environment["AVIBRA_SANDBOX_PORT"] ?? "4101"}`;
  const delbank = `http://127.0.0.1:${environment["DELBANK_SANDBOX_PORT"] ?? "4102"}`;
  return {
    // Beside the ledger key that is kept there: a database is of no use with another key.
    DATABASE_URL: `sqlite:${join(environment["DATA_DIRECTORY"] ?? ".data", "subgraph.db")}`,
    AVIBRA_BASE_URL: avibra,
    AVIBRA_TOKEN_URL: `${(environment["AVIBRA_BASE_URL"] ?? avibra).replace(/\/$/, "")}/oauth2/token`,
    AVIBRA_CLIENT_ID: "sandbox-client",
    AVIBRA_CLIENT_SECRET: "sandbox-client-secret",
    AVIBRA_SCOPE: "partner/api",
    AVIBRA_API_KEY: "sandbox-avibra-api-key",
    AVIBRA_PARTNER_NAME: "sandbox-partner",
    AVIBRA_LINK_USERNAME: "sandbox-link",
    AVIBRA_LINK_PASSWORD: "sandbox-link-password",
    AVIBRA_PORTAL_URL: `${avibra}/portal`,
    AVIBRA_WEBHOOK_USERNAME: "sandbox-webhook",
    AVIBRA_WEBHOOK_PASSWORD: "sandbox-webhook-password",
    DELBANK_BASE_URL: `${delbank}/baas/api/v1`,
    DELBANK_API_KEY: "sandbox-delbank-api-key",
    DELBANK_ACCOUNT_ID: "10000",
    SUBSCRIPTION_CALLBACK_PRIVATE_HOSTS: "127.0.0.1:*,localhost:*,[::1]:*",
    AUTH_ISSUER: "benefits-pix-subgraph-developer",
    AUTH_AUDIENCE: "benefits-pix-subgraph",
  };
}

function isLoopback(url: string | undefined): boolean {
  if (url === undefined || !URL.canParse(url)) return true; // not given, or refused for its form
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(new URL(url).hostname);
}

/** A certificate is of no use without its key. */
const REQUIRED_TOGETHER = [
  ["DELBANK_CLIENT_CERT_FILE", "DELBANK_CLIENT_KEY_FILE"],
  ["TLS_CERT_FILE", "TLS_KEY_FILE"],
] as const;

/** Text that came out of a file keeps that file's last line break, which no credential, claim or URL has. */
function hasSurroundingWhitespace(text: string | undefined): boolean {
  return text !== undefined && (text !== text.trim() || /[\r\n]/.test(text));
}

/** Reads and checks the whole environment. Throws one `ConfigError` that lists every problem. */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const rawEnvironment = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim() !== ""));
  const isLive = rawEnvironment["PROVIDERS"] === "live";
  const parsed = Environment.safeParse(
    isLive ? rawEnvironment : { ...getSandboxDefaults(rawEnvironment), ...rawEnvironment },
  );

  const untrimmed = Object.keys(Environment.shape).filter((name) => hasSurroundingWhitespace(rawEnvironment[name]));
  const problems = untrimmed.map((name) => `${name}: must not begin or end with white space, or contain a line break`);
  for (const { path, message, code } of parsed.error?.issues ?? []) {
    const name = String(path[0]);
    if (untrimmed.includes(name)) continue; // one problem a variable
    const isMissing = code === "invalid_type" && rawEnvironment[name] === undefined;
    problems.push(`${name}: ${isMissing ? "is required when PROVIDERS=live" : message}`);
  }
  if (isLive) {
    problems.push(...findLiveProblems(rawEnvironment));
  } else if (rawEnvironment["NODE_ENV"] === "production" && rawEnvironment["ALLOW_SANDBOX_IN_PRODUCTION"] !== "true") {
    problems.push(
      "PROVIDERS: sandbox is refused with NODE_ENV=production; set ALLOW_SANDBOX_IN_PRODUCTION=true to allow it",
    );
  }
  if (!isLive && !rawEnvironment["AUTH_JWKS_URL"]) {
    // Whoever reaches a sandbox can sign any member's token: it must not open the way to a real provider.
    for (const name of ["AVIBRA_BASE_URL", "DELBANK_BASE_URL"]) {
      if (!isLoopback(rawEnvironment[name]))
        problems.push(`${name}: must be this machine's own with PROVIDERS=sandbox`);
    }
  }
  for (const names of REQUIRED_TOGETHER) {
    if (names.some((name) => rawEnvironment[name]) && !names.every((name) => rawEnvironment[name])) {
      problems.push(`${names.join(", ")}: must be set together`);
    }
  }
  if (rawEnvironment["TLS_CLIENT_CA_FILE"] && !rawEnvironment["TLS_CERT_FILE"]) {
    problems.push("TLS_CLIENT_CA_FILE: needs TLS_CERT_FILE and TLS_KEY_FILE");
  }
  if (parsed.success) problems.push(...findContradictions(parsed.data));
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return {
    ...parsed.data,
    PLAYGROUND: parsed.data.PLAYGROUND ?? !isLive,
    EXPOSE_UPSTREAM_COST: parsed.data.EXPOSE_UPSTREAM_COST ?? !isLive,
    isSandbox: !isLive,
    warnings: [...(isLive ? findLiveWarnings(rawEnvironment) : []), ...findIneffectiveLimits(parsed.data)],
  };
}
