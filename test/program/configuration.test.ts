import { randomBytes } from "node:crypto";
import { PROVIDERS } from "../../src/app/providers";
import { loadConfig } from "../../src/config/index";
import { Environment } from "../../src/config/environment";
import { createCertificateAuthority, writeTempFiles } from "../kit/certificates";

/** The sandbox's values for the variables of every provider, at https URLs. */
function liveProviderVariables(): Record<string, string> {
  const defaults = Object.values(PROVIDERS).flatMap(({ sandboxDefaults }) => Object.entries(sandboxDefaults({})));
  return Object.fromEntries(defaults.map(([name, value]) => [name, value.replace(/^http:/, "https:")]));
}

/** Everything that live mode demands. */
const LIVE: Readonly<Record<string, string>> = {
  PROVIDERS: "live",
  ...liveProviderVariables(),
  DATABASE_URL: "postgres://database.test/benefits",
  LEDGER_KEY: randomBytes(32).toString("base64"),
  ROUTER_SECRETS: "a-router-secret-of-32-characters",
  AUTH_JWKS_URL: "https://issuer.test/keys",
  AUTH_ISSUER: "https://issuer.test/",
  AUTH_AUDIENCE: "benefits",
};
const DEMANDED = Object.keys(LIVE).filter((name) => name !== "PROVIDERS");

/** The problems that are reported, one line each. */
function problems(environment: Readonly<Record<string, string | undefined>>): string[] {
  try {
    loadConfig(environment);
    return [];
  } catch (error) {
    return (error as Error).message
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
  }
}

describe("live mode", () => {
  test("is valid with every required variable and no other", () => {
    expect(problems(LIVE)).toEqual([]);
    expect(loadConfig(LIVE)).toMatchObject({ isSandbox: false, server: { playground: false }, warnings: [] });
    expect(loadConfig(LIVE).auth.routerSecrets).toEqual([LIVE["ROUTER_SECRETS"]]);
  });

  describe.each([
    ["missing", undefined],
    ["empty", ""],
    ["white space", " \t "],
  ])("with one required variable %s,", (_what, value) => {
    test.each(DEMANDED)("%s: only this variable is reported", (name) => {
      expect(problems({ ...LIVE, [name]: value })).toEqual([`${name}: is required when PROVIDERS=live`]);
    });
  });

  test("reports every required variable at once", () => {
    const named = problems({ PROVIDERS: "live" }).map((line) => line.split(":")[0]);
    expect(named.sort()).toEqual([...DEMANDED].sort());
    expect(DEMANDED.filter((name) => !(name in Environment.shape))).toEqual([]);
  });

  test("requires every variable of Avibra and Delbank without which no call or event is possible", () => {
    expect(DEMANDED).toEqual(
      expect.arrayContaining([
        "AVIBRA_BASE_URL",
        "AVIBRA_TOKEN_URL",
        "AVIBRA_CLIENT_ID",
        "AVIBRA_CLIENT_SECRET",
        "AVIBRA_SCOPE",
        "AVIBRA_API_KEY",
        "AVIBRA_PARTNER_NAME",
        "AVIBRA_LINK_USERNAME",
        "AVIBRA_LINK_PASSWORD",
        "AVIBRA_PORTAL_URL",
        "AVIBRA_WEBHOOK_USERNAME",
        "AVIBRA_WEBHOOK_PASSWORD",
        "DELBANK_BASE_URL",
        "DELBANK_API_KEY",
        "DELBANK_ACCOUNT_ID",
      ]),
    );
  });

  test.each([",", "a,", ",a", "a, ,b"])("rejects a list of router secrets with an empty part (%j)", (text) => {
    expect(problems({ ...LIVE, ROUTER_SECRETS: text })).toEqual([
      "ROUTER_SECRETS: must be a comma list without empty parts",
    ]);
  });

  test("two router secrets are valid during a rotation", () => {
    const [old, next] = ["o".repeat(32), "n".repeat(32)];
    expect(loadConfig({ ...LIVE, ROUTER_SECRETS: `${old}, ${next}` }).auth.routerSecrets).toEqual([old, next]);
  });

  test.each(["s".repeat(31), `${"s".repeat(32)},${"t".repeat(31)}`])(
    "rejects a router secret of fewer than 32 characters (%j) without repeating it",
    (text) => {
      expect(problems({ ...LIVE, ROUTER_SECRETS: text })).toEqual([
        "ROUTER_SECRETS: each must have at least 32 characters when PROVIDERS=live",
      ]);
    },
  );

  describe.each(["AVIBRA_BASE_URL", "AVIBRA_TOKEN_URL", "AVIBRA_PORTAL_URL", "DELBANK_BASE_URL", "AUTH_JWKS_URL"])(
    "%s over plain http",
    (name) => {
      const plain = { ...LIVE, [name]: LIVE[name]?.replace("https:", "http:") };

      test("is rejected", () => {
        expect(problems(plain)).toEqual([
          `${name}: must be an https URL when PROVIDERS=live; ALLOW_PLAIN_HTTP=true allows http`,
        ]);
      });

      test.each(["HTTP:", "hTtp:", "h\tttp:"])("is rejected also as %j", (scheme) => {
        expect(problems({ ...LIVE, [name]: LIVE[name]?.replace("https:", scheme) })).toHaveLength(1);
      });

      test("is accepted with ALLOW_PLAIN_HTTP=true", () => {
        expect(problems({ ...plain, ALLOW_PLAIN_HTTP: "true" })).toEqual([]);
      });
    },
  );

  test("reports an http URL of the database as one problem", () => {
    expect(problems({ ...LIVE, DATABASE_URL: "http://database.test/" })).toEqual([
      "DATABASE_URL: must be sqlite:FILE, sqlite::memory: or postgres://…",
    ]);
  });

  test("requires https in every URL of a provider or a key server", () => {
    const urls = Object.keys(Environment.shape).filter((name) => name.endsWith("_URL") && name !== "DATABASE_URL");
    const plain = Object.fromEntries(urls.map((name) => [name, "http://host.test/"]));
    expect(problems({ ...LIVE, ...plain }).map((line) => line.split(":")[0])).toEqual(urls);
  });

  test("warns about a SQLite file, which replicas cannot share", () => {
    expect(loadConfig({ ...LIVE, DATABASE_URL: "sqlite:/var/lib/subgraph.db" }).warnings).toEqual([
      "DATABASE_URL: a SQLite file serves a single process; use postgres://… for more than one replica",
    ]);
    expect(loadConfig({}).warnings).toEqual([]);
  });
});

describe.each([
  ["live mode", LIVE],
  ["the sandbox", {}],
])("in %s", (_mode, environment) => {
  test.each([
    ["é", "é".repeat(32)],
    ["a control character", `${"s".repeat(32)}\u0001${"s".repeat(8)}`],
    ["é in the second secret only", `${"s".repeat(32)},${"s".repeat(32)}é`],
  ])("a router secret with %s is rejected, because no header could equal it", (_what, text) => {
    expect(problems({ ...environment, ROUTER_SECRETS: text })).toEqual([
      "ROUTER_SECRETS: must be visible ASCII: each secret is compared with a header",
    ]);
  });

  test("a webhook password may be any text", () => {
    expect(problems({ ...environment, AVIBRA_WEBHOOK_PASSWORD: "sênha, 密码" })).toEqual([]);
  });

  test("an operation timeout in which no mutation could be started is rejected", () => {
    expect(problems({ ...environment, REQUEST_TIMEOUT_MS: "200" })).toEqual([
      "REQUEST_TIMEOUT_MS: must be more than 200, or no mutation could be started",
    ]);
    expect(problems({ ...environment, REQUEST_TIMEOUT_MS: "201" })).toEqual([]);
  });

  test("a renamed variable that is still set is rejected with its new name, together with all other problems", () => {
    const oldNames = {
      OPERATION_TIMEOUT_MS: "5000",
      LIMIT_LEDGER_READS: "10",
      LIMIT_LEDGER_ROWS: "10",
      WEBSOCKET_ORIGINS: "*",
    };
    expect(problems({ ...environment, ...oldNames })).toEqual([
      "OPERATION_TIMEOUT_MS: was renamed to REQUEST_TIMEOUT_MS",
      "LIMIT_LEDGER_READS: was renamed to LIMIT_STORE_READS",
      "LIMIT_LEDGER_ROWS: was renamed to LIMIT_STORE_ROWS",
      "WEBSOCKET_ORIGINS: was renamed to CORS_ORIGINS",
    ]);
    expect(problems({ ...environment, ...oldNames, OPERATION_TIMEOUT_MS: " ", PORT: "http" })).toEqual([
      "LIMIT_LEDGER_READS: was renamed to LIMIT_STORE_READS",
      "LIMIT_LEDGER_ROWS: was renamed to LIMIT_STORE_ROWS",
      "WEBSOCKET_ORIGINS: was renamed to CORS_ORIGINS",
      "PORT: must be a whole number from 0 to 65535",
    ]);
  });

  test.each([
    "*",
    "null",
    "app.example.com",
    "//app.example.com",
    "https://",
    "https://app.example.com/",
    "https://app.example.com/shop",
    "https://app.example.com?x",
    "https://app.example.com#x",
    "https://user:password@app.example.com",
    "https://*.example.com",
    "https://app.example.com:*",
    "https://localhost.example.com:*",
    "https://app.example.com:65536",
    "https://app.example.com https://other.example.com",
    "https:\\\\app.example.com",
    "file://app",
    "capacitor://localhost",
    "wss://app.example.com",
    "https://app.example.com,",
    "https://app.example.com,*",
  ])("CORS_ORIGINS=%s is rejected without being repeated", (value) => {
    const [problem, ...others] = problems({ ...environment, CORS_ORIGINS: value });
    expect([problem, others]).toEqual([expect.stringMatching(/^CORS_ORIGINS: must be a comma list /), []]);
    expect(problem).not.toContain("app.example.com/");
  });

  test("CORS_ORIGINS is read as browsers send origins: in lower case, without a default port", () => {
    const text =
      "HTTPS://App.Example.COM:443,http://app.example.com:80, http://[0:0::1]:8080,HTTP://LocalHost:*,https://bücher.example";
    expect(loadConfig({ ...environment, CORS_ORIGINS: text }).server.corsOrigins).toEqual([
      "https://app.example.com",
      "http://app.example.com",
      "http://[::1]:8080",
      "http://localhost:*",
      "https://xn--bcher-kva.example",
    ]);
  });

  test.each([
    ["LIMIT_CHARACTERS", "LIMIT_TOKENS bounds the characters of a document"],
    ["LIMIT_LINES", "LIMIT_TOKENS bounds the lines of a document"],
    ["LIMIT_REPEATS", "LIMIT_FIELDS bounds the repetitions of a response name"],
    ["LIMIT_FRAGMENTS", "LIMIT_FIELDS bounds the fragments of a document"],
    ["LIMIT_DIRECTIVES", "LIMIT_FIELDS bounds the directives of a document"],
    ["LIMIT_VARIABLES", "LIMIT_FIELDS bounds the variables of a request"],
    ["LIMIT_INPUT_VALUES", "LIMIT_COST bounds the values in a request's variables"],
    ["LIMIT_INPUT_DEPTH", "LIMIT_DEPTH bounds the nesting depth of a request's variables"],
  ])("the folded limit %s that is still set is a warning: %s", (name, replacement) => {
    expect(loadConfig({ ...environment, [name]: "1000" }).warnings).toEqual([
      `${name}: has no effect any more; ${replacement}`,
    ]);
  });

  test("the windows of an operation are 15 min for sending, 13 h and a week for reading, and 20 h for resending", () => {
    expect(loadConfig(environment).operations).toMatchObject({
      sendWindowMs: 900_000,
      confirmationWindowMs: 13 * 3_600_000,
      attentionWindowMs: 7 * 24 * 3_600_000,
      keyedWindowMs: 20 * 3_600_000,
    });
  });

  test("a confirmation window that is shorter than an answer takes is a warning: an earlier release had such a default", () => {
    const warnings = (CONFIRMATION_WINDOW_MS: string) =>
      loadConfig({ ...environment, CONFIRMATION_WINDOW_MS }).warnings;
    expect(warnings("900000")).toEqual([
      "CONFIRMATION_WINDOW_MS: is less than 12 h, so a cancellation may need attention before its answer can be known",
    ]);
    expect(warnings("43200000")).toEqual([]);
  });

  test("limits that LIMIT_CONNECTIONS makes useless are warnings", () => {
    const warnings = (limits: Readonly<Record<string, string>>) => loadConfig({ ...environment, ...limits }).warnings;
    expect(warnings({ LIMIT_CONNECTIONS: "999", LIMIT_WEBSOCKETS: "998" })).toEqual([
      "LIMIT_CONNECTIONS_PER_ADDRESS: is more than LIMIT_CONNECTIONS and has no effect",
    ]);
    expect(warnings({ LIMIT_CONNECTIONS: "1000" })).toEqual([
      "LIMIT_WEBSOCKETS: is not less than LIMIT_CONNECTIONS, so WebSockets can take every connection",
    ]);
    expect(warnings({ LIMIT_CONNECTIONS: "1001" })).toEqual([]);
  });
});

describe("sandbox mode", () => {
  test("rejects a provider that is not at a loopback address, because anyone can sign a token there", () => {
    expect(problems({ DELBANK_BASE_URL: "https://bank.test/baas/api/v1" })).toEqual([
      "DELBANK_BASE_URL: must be a loopback address with PROVIDERS=sandbox",
    ]);
  });

  test("is rejected in production unless ALLOW_SANDBOX_IN_PRODUCTION=true", () => {
    expect(problems({ NODE_ENV: "production" })).toEqual([expect.stringContaining("ALLOW_SANDBOX_IN_PRODUCTION=true")]);
    expect(problems({ NODE_ENV: "production", ALLOW_SANDBOX_IN_PRODUCTION: "true" })).toEqual([]);
  });

  test("a key that cannot be a header, a file that is not PEM and a key of the wrong length are reported together", () => {
    const values = { AVIBRA_API_KEY: "k\u00e9y", DELBANK_CA_FILE: "package.json", LEDGER_KEY: "c2hvcnQ" };
    expect(problems(values)).toEqual([
      "AVIBRA_API_KEY: must be visible ASCII: it is sent as a header",
      "DELBANK_CA_FILE: names a file that is not PEM",
      "LEDGER_KEY: must be 32 bytes in base64",
    ]);
  });
});

describe("a text variable:", () => {
  const texts = Object.keys(LIVE).filter((name) => name !== "PROVIDERS");

  test.each([...texts, "AUTH_USER_CLAIM", "AUTH_TAX_ID_CLAIM", "DATA_DIRECTORY", "DELBANK_AUTHORIZATION", "HOST"])(
    "%s with white space around it or with a line break is rejected by name, without its value",
    (name) => {
      const value = LIVE[name] ?? "some-text";
      for (const text of [
        `${value}\n`,
        `\n${value}`,
        ` ${value}`,
        `${value}\t`,
        `\ufeff${value}`,
        `${value}\r\n${value}`,
      ]) {
        expect(problems({ ...LIVE, [name]: text })).toEqual([
          `${name}: must not begin or end with white space, or contain a line break`,
        ]);
      }
    },
  );

  test("a line break at its end is rejected in the sandbox too", () => {
    expect(problems({ AVIBRA_CLIENT_SECRET: "secret\n" })).toHaveLength(1);
  });
});

describe("the TLS configuration", () => {
  let files: ReturnType<typeof writeTempFiles<"cert" | "key" | "ca" | "text">>;
  beforeAll(async () => {
    const authority = await createCertificateAuthority("ours");
    files = writeTempFiles({ ...(await authority.issue("subgraph")), ca: authority.cert, text: "no certificate" });
  });
  afterAll(() => {
    files.remove();
  });

  test.each([
    ["a certificate without its key", { TLS_CERT_FILE: "cert" }, ["TLS_CERT_FILE, TLS_KEY_FILE: must be set together"]],
    ["a key without its certificate", { TLS_KEY_FILE: "key" }, ["TLS_CERT_FILE, TLS_KEY_FILE: must be set together"]],
    [
      "an authority for clients without a certificate of its own",
      { TLS_CLIENT_CA_FILE: "ca" },
      ["TLS_CLIENT_CA_FILE: needs TLS_CERT_FILE and TLS_KEY_FILE"],
    ],
    [
      "a file that is not PEM",
      { TLS_CERT_FILE: "text", TLS_KEY_FILE: "key" },
      ["TLS_CERT_FILE: names a file that is not PEM"],
    ],
    ["certificate, key and authority", { TLS_CERT_FILE: "cert", TLS_KEY_FILE: "key", TLS_CLIENT_CA_FILE: "ca" }, []],
  ] as const)("with %s", (_what, given, expected) => {
    const paths = Object.entries(given).map(([name, file]) => [name, files.files[file]]);
    expect(problems(Object.fromEntries(paths) as Record<string, string>)).toEqual(expected);
  });

  test("with a file that does not exist is reported with the name of its variable", () => {
    expect(problems({ TLS_CERT_FILE: "/no/such/file", TLS_KEY_FILE: files.files.key })).toEqual([
      "TLS_CERT_FILE: names a file that cannot be read",
    ]);
  });
});
