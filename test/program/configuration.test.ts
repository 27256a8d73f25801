import { randomBytes } from "node:crypto";
import { loadConfig } from "../../src/config";
import { Environment } from "../../src/environment";
import { createAuthority, writeFiles } from "../support/certificates";

/** Everything that live mode demands. */
const LIVE: Readonly<Record<string, string>> = {
  PROVIDERS: "live",
  AVIBRA_BASE_URL: "https://avibra.test",
  AVIBRA_TOKEN_URL: "https://avibra.test/oauth2/token",
  AVIBRA_CLIENT_ID: "id",
  AVIBRA_CLIENT_SECRET: "secret",
  AVIBRA_SCOPE: "scope",
  AVIBRA_API_KEY: "key",
  AVIBRA_PARTNER_NAME: "partner",
  AVIBRA_LINK_USERNAME: "user",
  AVIBRA_LINK_PASSWORD: "password",
  AVIBRA_PORTAL_URL: "https://portal.test",
  AVIBRA_WEBHOOK_USERNAME: "user",
  AVIBRA_WEBHOOK_PASSWORD: "password",
  DELBANK_BASE_URL: "https://delbank.test",
  DELBANK_API_KEY: "key",
  DELBANK_ACCOUNT_ID: "10000",
  LEDGER_KEY: randomBytes(32).toString("base64"),
  ROUTER_SECRETS: "a-secret",
  AUTH_JWKS_URL: "https://issuer.test/keys",
  AUTH_ISSUER: "https://issuer.test/",
  AUTH_AUDIENCE: "benefits",
};
const DEMANDED = Object.keys(LIVE).filter((name) => name !== "PROVIDERS");

/** The problems that are told, a line each. */
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
  test("starts with everything it demands, and demands nothing more", () => {
    expect(problems(LIVE)).toEqual([]);
    expect(loadConfig(LIVE)).toMatchObject({ isSandbox: false, PLAYGROUND: false, ROUTER_SECRETS: ["a-secret"] });
  });

  describe.each([
    ["missing", undefined],
    ["empty", ""],
    ["white space", " \t "],
  ])("with one variable %s", (_what, value) => {
    test.each(DEMANDED)("%s: refuses to start, names it, and nothing else", (name) => {
      expect(problems({ ...LIVE, [name]: value })).toEqual([`${name}: is required when PROVIDERS=live`]);
    });
  });

  test("with nothing names them all at once", () => {
    const named = problems({ PROVIDERS: "live" }).map((line) => line.split(":")[0]);
    expect(named.sort()).toEqual([...DEMANDED].sort());
    expect(DEMANDED.filter((name) => !(name in Environment.shape))).toEqual([]);
  });

  test.each([",", "a,", ",a", "a, ,b"])(
    "a list of router secrets with an empty one (%j) is refused: it would match no header at all",
    (text) => {
      expect(problems({ ...LIVE, ROUTER_SECRETS: text })).toEqual([
        "ROUTER_SECRETS: must be a comma list without empty parts",
      ]);
    },
  );

  test("two router secrets are valid during a rotation", () => {
    expect(loadConfig({ ...LIVE, ROUTER_SECRETS: "old, new" }).ROUTER_SECRETS).toEqual(["old", "new"]);
  });
});

describe("TLS", () => {
  let files: ReturnType<typeof writeFiles<"cert" | "key" | "ca" | "text">>;
  beforeAll(async () => {
    const authority = await createAuthority("ours");
    files = writeFiles({ ...(await authority.issue("subgraph")), ca: authority.cert, text: "no certificate" });
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
      "a file that is no PEM",
      { TLS_CERT_FILE: "text", TLS_KEY_FILE: "key" },
      ["TLS_CERT_FILE: names a file that is not PEM"],
    ],
    ["all three", { TLS_CERT_FILE: "cert", TLS_KEY_FILE: "key", TLS_CLIENT_CA_FILE: "ca" }, []],
  ] as const)("with %s", (_what, given, expected) => {
    const paths = Object.entries(given).map(([name, file]) => [name, files.files[file]]);
    expect(problems(Object.fromEntries(paths) as Record<string, string>)).toEqual(expected);
  });

  test("a file that is not there is named", () => {
    expect(problems({ TLS_CERT_FILE: "/no/such/file", TLS_KEY_FILE: files.files.key })).toEqual([
      "TLS_CERT_FILE: names a file that cannot be read",
    ]);
  });
});
