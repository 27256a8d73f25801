import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTempDirectory } from "../../kit/temp";
import { OUR_SDL, ROUTER_SECRET } from "../gateways/compose";
import { type Federation, startFederation } from "../gateways/federation";
import { findNotOffered } from "./not-offered";
import { ROUTERS } from "./routers";
import { startRouter } from "./start-router";
import { switchBlockOn } from "./switch-block";

const FOLDER = join(__dirname, "../../../schema/routers");

/** What needs a license, in the router's own words. */
const LICENSED = [
  "Authentication plugin",
  "Authorization directives",
  "Federated subscriptions",
  "Demand control plugin",
  "Operation depth limiting",
  "Operation root fields limiting",
  "Operation aliases limiting",
  "authenticated",
  "requiresScopes",
];

/** Claims that need more than apollo-licensed.yaml, each with the configuration that asks for it. */
const FURTHER: Readonly<Record<string, (licensed: string) => string>> = {
  "subscriptions by server-sent events": () => "subscription:\n  enabled: true\n  mode:\n    sse:\n      all: {}\n",
  "only operations of the manifest are executed": (licensed) => switchBlockOn(licensed, "persisted-documents"),
};

const found = ROUTERS.filter(({ title, program }) => title === "Apollo Router" && program !== undefined);

describe.each(found)("$title", (kind) => {
  let federation: Federation;
  beforeAll(async () => {
    federation = await startFederation();
  });
  afterAll(() => federation.stop());

  test.each(["apollo.yaml", "apollo-licensed.yaml"])("accepts %s with `config validate`", (file) => {
    const variables = readFileSync(join(FOLDER, file), "utf8").matchAll(/\$\{env\.([A-Z_]+)\}/g);
    const isAddress = (name: string) => name.endsWith("LISTEN");
    const env = Object.fromEntries(
      Array.from(variables, ([, name = ""]) => [name, isAddress(name) ? "127.0.0.1:1" : "http://127.0.0.1/callback"]),
    );
    const output = execFileSync(kind.program ?? "", ["config", "validate", join(FOLDER, file)], {
      env,
      encoding: "utf8",
    });
    expect(output).toContain("is valid!");
  });

  test("does not start with apollo-licensed.yaml and the licensed schema without a license, and names what needs one", async () => {
    const { urls, keys } = federation;
    const licensed = { ...kind, sdl: OUR_SDL, config: join(FOLDER, "apollo-licensed.yaml") };
    const started = startRouter(licensed, { urls, keysUrl: keys.url, routerSecret: ROUTER_SECRET });
    const violation = `not available for your license: [${LICENSED.map((name) => `"${name}"`).join(", ")}]`;
    await expect(started).rejects.toThrow(violation);
  });

  test.each(findNotOffered(kind.title))("does not offer: $claim; it says: $refusal", async ({ claim, refusal }) => {
    const { urls, keys } = federation;
    const { path: folder, remove } = createTempDirectory("router-config");
    const config = join(folder, "apollo.yaml");
    const licensed = readFileSync(join(FOLDER, "apollo-licensed.yaml"), "utf8");
    writeFileSync(config, FURTHER[claim]?.(licensed) ?? licensed);
    try {
      const started = startRouter(
        { ...kind, sdl: OUR_SDL, config },
        { urls, keysUrl: keys.url, routerSecret: ROUTER_SECRET },
      );
      await expect(started).rejects.toThrow(LICENSED.includes(refusal) ? `"${refusal}"` : refusal);
    } finally {
      remove();
    }
  });
});
