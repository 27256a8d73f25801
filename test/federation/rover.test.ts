import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parse, print } from "graphql";
import { startSubgraph, type TestSubgraph } from "../kit/start/subgraph";
import { createTempDirectory } from "../kit/temp";
import { AUDIENCE, ISSUER, startTokenIssuer, type TokenIssuer } from "../kit/tokens/token-issuer";

const ROVER = join(__dirname, "rover/node_modules/@apollo/rover/bin/rover.js");
const SDL = readFileSync(join(__dirname, "../../schema/subgraph.graphql"), "utf8");
const SECRET = "the-router-secret-of-32-characters";

describe("`rover subgraph introspect` of a subgraph in live mode", () => {
  const home = createTempDirectory("rover");
  let keys: TokenIssuer;
  let subgraph: TestSubgraph;
  beforeAll(async () => {
    keys = await startTokenIssuer();
    subgraph = await startSubgraph({
      PROVIDERS: "live",
      ROUTER_SECRETS: SECRET,
      AUTH_JWKS_URL: keys.url,
      AUTH_ISSUER: ISSUER,
      AUTH_AUDIENCE: AUDIENCE,
    });
  });
  afterAll(async () => {
    await subgraph.stop();
    await keys.close();
    home.remove();
  });

  async function introspect(...headers: string[]): Promise<{ code: number | null; output: string }> {
    const args = ["subgraph", "introspect", `${subgraph.url}/graphql`, "--skip-update-check"];
    const child = spawn(process.execPath, [ROVER, ...args, ...headers.flatMap((header) => ["--header", header])], {
      env: { HOME: home.path, APOLLO_HOME: home.path, APOLLO_TELEMETRY_DISABLED: "true" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const closed = once(child, "close") as Promise<[number | null]>;
    const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
    return { code, output: output || errors };
  }

  test("prints schema/subgraph.graphql to a caller with the router's secret", async () => {
    const { code, output } = await introspect(`router-authorization:${SECRET}`);
    expect([code, print(parse(output))]).toEqual([0, print(parse(SDL))]);
  });

  test("prints no schema without the secret", async () => {
    const { code, output } = await introspect();
    expect(code).not.toBe(0);
    expect(output).not.toContain("type Query");
  });
});
