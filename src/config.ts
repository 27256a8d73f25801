import { join } from "node:path";
import { z } from "zod";
import {
  basicUsername,
  databaseUrl,
  flag,
  headerText,
  httpUrl,
  isKey,
  list,
  number,
  oneOf,
  pemFile,
  timeoutMs,
} from "./config-values";

/** Every variable of the environment that is read, with its default and its meaning. The README's table is held to this. */
export const Environment = z.object({
  HOST: z.string().default("127.0.0.1").describe("address that the subgraph listens on"),
  PORT: number(0, 65_535, 4001).describe("port that the subgraph listens on"),
  NODE_ENV: z.string().optional().describe("`production` refuses to start with the sandbox"),
  PROVIDERS: oneOf("sandbox", "live")
    .default("sandbox")
    .describe("`sandbox`: simulated providers, no credentials; `live`: the real ones"),
  ALLOW_SANDBOX_IN_PRODUCTION: flag.default(false).describe("allow `PROVIDERS=sandbox` with `NODE_ENV=production`"),
  AVIBRA_SANDBOX_PORT: number(1, 65_535, 4101).describe("port of the simulated Avibra"),
  DELBANK_SANDBOX_PORT: number(1, 65_535, 4102).describe("port of the simulated Delbank"),
  AVIBRA_BASE_URL: httpUrl.describe("Avibra's REST base"),
  AVIBRA_TOKEN_URL: httpUrl.describe("Avibra's OAuth token endpoint"),
  AVIBRA_CLIENT_ID: z.string().describe("OAuth client id"),
  AVIBRA_CLIENT_SECRET: z.string().describe("OAuth client secret"),
  AVIBRA_SCOPE: z.string().describe("OAuth scope"),
  AVIBRA_API_KEY: headerText.describe("sent as `x-api-key` where Avibra asks for it"),
  AVIBRA_PARTNER_NAME: z.string().describe("your company's name at Avibra"),
  AVIBRA_LINK_USERNAME: basicUsername.describe("Basic user of the link token endpoint"),
  AVIBRA_LINK_PASSWORD: z.string().describe("Basic password of the link token endpoint"),
  AVIBRA_PORTAL_URL: httpUrl.describe("the portal that link tokens open"),
  AVIBRA_WEBHOOK_USERNAME: basicUsername.describe("Basic user that Avibra's events come with"),
  AVIBRA_WEBHOOK_PASSWORD: z.string().describe("Basic password that Avibra's events come with"),
  AVIBRA_TIMEOUT_MS: timeoutMs(5000).describe("how long one call to Avibra may take"),
  AVIBRA_CONCURRENCY: number(1, 1000, 50).describe("calls to Avibra under way at once"),
  DELBANK_BASE_URL: httpUrl.describe("Delbank's REST base"),
  DELBANK_API_KEY: headerText.describe("sent as `x-delbank-api-key`"),
  DELBANK_ACCOUNT_ID: headerText.describe("sent as `x-delfinance-account-id`"),
  DELBANK_AUTHORIZATION: headerText.optional().describe("sent as `Authorization`, where Delbank asks for it"),
  DELBANK_API_GENERATION: oneOf("automatic-pix", "pix-automatic")
    .default("automatic-pix")
    .describe("which of Delbank's two APIs is called"),
  DELBANK_CLIENT_CERT_FILE: pemFile.optional().describe("PEM file of the client certificate"),
  DELBANK_CLIENT_KEY_FILE: pemFile.optional().describe("PEM file of the client certificate's key"),
  DELBANK_CA_FILE: pemFile.optional().describe("PEM file of the authority to trust"),
  DELBANK_TIMEOUT_MS: timeoutMs(5000).describe("how long one call to Delbank may take"),
  DELBANK_CONCURRENCY: number(1, 1000, 50).describe("calls to Delbank under way at once"),
  CONNECT_TIMEOUT_MS: timeoutMs(2000).describe("how long connecting to a provider may take"),
  OPERATION_TIMEOUT_MS: timeoutMs(10_000).describe("how long one GraphQL operation may take"),
  DATA_DIRECTORY: z
    .string()
    .default(".data")
    .describe("where the sandbox's keys and database are kept, across restarts"),
  DATABASE_URL: databaseUrl
    .default("sqlite:.data/subgraph.db")
    .describe("the operations ledger: `sqlite:FILE`, `sqlite::memory:` or `postgres://…`"),
  LEDGER_KEY: z
    .string()
    .refine((text) => isKey(text), "must be 32 bytes in base64")
    .optional()
    .describe("32 bytes in base64: seals stored inputs, keys fingerprints; in the sandbox one is made and kept"),
  OPERATION_LEASE_MS: timeoutMs(15_000).describe(
    "after this a mutation's process is taken for dead; longer than OPERATION_TIMEOUT_MS",
  ),
  RECONCILE_INTERVAL_MS: timeoutMs(1000).describe("time between two looks for unsettled operations"),
  CONFIRMATION_WINDOW_MS: number(1, 2 ** 31 - 1, 900_000).describe(
    "how long an unconfirmed Pix cancellation is looked for",
  ),
  KEYED_WINDOW_MS: number(1, 82_800_000, 72_000_000).describe(
    "how long an unconfirmed change at Avibra is sent again; Avibra keeps keys for 24 h",
  ),
  ROUTER_SECRETS: list.default([]).describe("comma list; the header `Router-Authorization` must equal one of them"),
  AUTH_JWKS_URL: httpUrl
    .optional()
    .describe("key set that verifies callers' tokens; in the sandbox an issuer of our own"),
  AUTH_ISSUER: z.string().describe("the tokens' issuer"),
  AUTH_AUDIENCE: z.string().describe("the tokens' audience"),
  AUTH_USER_CLAIM: z.string().default("sub").describe("claim that holds the user id"),
  AUTH_TAX_ID_CLAIM: z.string().default("tax_id").describe("claim that holds the tax id"),
  PLAYGROUND: flag.optional().describe("serve the playground at `/`; on in the sandbox, else off"),
  LIMIT_BODY_BYTES: number(1024, 2 ** 27, 2 ** 20).describe("largest request body"),
  LIMIT_PROVIDER_BODY_BYTES: number(1024, 2 ** 27, 2 ** 20).describe("largest answer read from a provider"),
  SHUTDOWN_DELAY_MS: number(0, 60_000, 500).describe("how long requests are still taken after SIGTERM, with ready red"),
  SHUTDOWN_TIMEOUT_MS: number(0, 600_000, 15_000).describe("how long requests under way may take to finish after that"),
  LOG_LEVEL: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent")
    .default("info")
    .describe("JSON lines on stdout"),
});
type Environment = z.output<typeof Environment>;

/** The configuration as it is used: variables by name, what is optional resolved. */
export type Config = Omit<Environment, "PLAYGROUND"> & { readonly PLAYGROUND: boolean; readonly isSandbox: boolean };

/** Every problem of the configuration in one message, a line each. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
  }
}

/** What the sandbox puts in place of a real provider's values. Not secrets: the simulated providers print them. */
function sandboxValues(environment: NodeJS.ProcessEnv): Record<string, string> {
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
    AUTH_ISSUER: "benefits-pix-subgraph-developer",
    AUTH_AUDIENCE: "benefits-pix-subgraph",
  };
}

function isLoopback(url: string | undefined): boolean {
  if (url === undefined || !URL.canParse(url)) return true; // not given, or refused for its form
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(new URL(url).hostname);
}

/** Needed in live mode beyond the variables that have no default anyway. */
const REQUIRED_IN_LIVE = ["ROUTER_SECRETS", "AUTH_JWKS_URL", "LEDGER_KEY"] as const;

/** Reads and checks the whole environment. Throws one `ConfigError` that lists every problem. */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim() !== ""));
  const isLive = given["PROVIDERS"] === "live";
  const parsed = Environment.safeParse(isLive ? given : { ...sandboxValues(given), ...given });

  const problems = parsed.success
    ? []
    : parsed.error.issues.map(({ path: [name], message, code }) => {
        const isMissing = code === "invalid_type" && given[String(name)] === undefined;
        return `${String(name)}: ${isMissing ? "is required when PROVIDERS=live" : message}`;
      });
  if (isLive) {
    if (given["DATABASE_URL"]?.startsWith("sqlite::memory:")) {
      problems.push("DATABASE_URL: sqlite::memory: forgets every operation at a restart; it is for the sandbox alone");
    }
    for (const name of REQUIRED_IN_LIVE) if (!given[name]) problems.push(`${name}: is required when PROVIDERS=live`);
  } else if (given["NODE_ENV"] === "production" && given["ALLOW_SANDBOX_IN_PRODUCTION"] !== "true") {
    problems.push(
      "PROVIDERS: sandbox is refused with NODE_ENV=production; set ALLOW_SANDBOX_IN_PRODUCTION=true to allow it",
    );
  }
  if (!isLive && !given["AUTH_JWKS_URL"]) {
    // Whoever reaches a sandbox can sign any member's token: it must not open the way to a real provider.
    for (const name of ["AVIBRA_BASE_URL", "DELBANK_BASE_URL"]) {
      if (!isLoopback(given[name])) problems.push(`${name}: must be this machine's own with PROVIDERS=sandbox`);
    }
  }
  if (Boolean(given["DELBANK_CLIENT_CERT_FILE"]) !== Boolean(given["DELBANK_CLIENT_KEY_FILE"])) {
    problems.push("DELBANK_CLIENT_CERT_FILE, DELBANK_CLIENT_KEY_FILE: must be set together");
  }
  if (parsed.success && parsed.data.OPERATION_LEASE_MS <= parsed.data.OPERATION_TIMEOUT_MS) {
    problems.push("OPERATION_LEASE_MS: must be longer than OPERATION_TIMEOUT_MS");
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return { ...parsed.data, PLAYGROUND: parsed.data.PLAYGROUND ?? !isLive, isSandbox: !isLive };
}
