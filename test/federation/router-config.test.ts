import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSchema, type GraphQLObjectType } from "graphql";
import { parse } from "yaml";
import { z } from "zod";
import { Environment } from "../../src/config/environment";
import { loadConfig } from "../../src/config/index";
import { deriveLimits } from "../../src/platform/graphql/limits/derive-limits";
import { MAX_ROUTER_COST } from "../../src/platform/graphql/limits/router-costs";
import { startSubgraph } from "../kit/start/subgraph";
import { OUR_NAME } from "./gateways/compose";
import { findNotOffered } from "./routers/not-offered";

// The routers themselves read these files in `npm run test:routers`. Here the files are compared with this subgraph and with each other.

const FOLDER = join(__dirname, "../../schema");
const FILES = ["apollo.yaml", "apollo-licensed.yaml", "hive.yaml", "cosmo.yaml"];
const readText = (file: string) => readFileSync(join(FOLDER, "routers", file), "utf8");

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the routers check the shape
type Yaml = any;
const readYaml = (file: string): Yaml => parse(readText(file));

const apollo = readYaml("apollo-licensed.yaml");
const hive = readYaml("hive.yaml");
const cosmo = readYaml("cosmo.yaml");

const defaultOf = (name: keyof typeof Environment.shape) => {
  const schema = Environment.shape[name];
  if (!(schema instanceof z.ZodDefault)) throw new Error(`${name} has no default`);
  return Number(schema.def.defaultValue);
};
const milliseconds = (text: string) => Number.parseInt(text, 10) * 1000;
const documents = deriveLimits(loadConfig({}).limits.documents);

describe("schema/supergraph.yaml", () => {
  test("names this subgraph, its schema file, the variable of its URL, and a Federation version that knows its @link", () => {
    const config = parse(readFileSync(join(FOLDER, "supergraph.yaml"), "utf8")) as {
      federation_version: string;
      subgraphs: Record<string, { routing_url: string; schema: { file: string } }>;
    };
    expect(Object.keys(config).sort()).toEqual(["federation_version", "subgraphs"]);
    expect(config.subgraphs).toEqual({
      [OUR_NAME]: { routing_url: "${env.BENEFITS_PIX_URL}", schema: { file: "./subgraph.graphql" } },
    });
    expect(existsSync(join(FOLDER, config.subgraphs[OUR_NAME]?.schema.file ?? ""))).toBe(true);
    const linked = /federation\/v(\d+\.\d+)/.exec(readFileSync(join(FOLDER, "subgraph.graphql"), "utf8"))?.[1];
    expect(config.federation_version).toMatch(new RegExp(`^=${linked}\\.\\d+$`));
  });
});

describe.each(FILES)("schema/routers/%s", (file) => {
  const text = readText(file);

  test("lists in its header exactly the variables that it reads", () => {
    const [header = ""] = /^(?:#.*\n)+/.exec(text) ?? [];
    const listed = Array.from(header.matchAll(/^# {3}((?:[A-Z_]+(?:, )?)+) {2,}/gm), ([, names = ""]) =>
      names.split(", "),
    );
    const body = text.slice(header.length).replaceAll(/^#.*$/gm, "");
    const isRead = /\$\{(?:env\.)?([A-Z_]+)\}|from_env: ([A-Z_]+)/g;
    const read = new Set(Array.from(body.matchAll(isRead), ([, first, second]) => first ?? second));
    expect(read.size).toBeGreaterThan(4);
    expect(listed.flat().sort()).toEqual([...read].sort());
  });

  test("has no address, URL or secret of its own", () => {
    const texts: string[] = [];
    JSON.stringify(readYaml(file), (_key, value: unknown) => {
      if (typeof value === "string") texts.push(value);
      return value;
    });
    expect(texts.filter((one) => /:\/\/|secret|:\d+$/i.test(one) && !/\$\{|^[A-Z_]+$/.test(one))).toEqual([]);
  });

  test("has a comment above each block, except for what its name explains", () => {
    const blocks = Object.keys(readYaml(file) as object).filter(
      (block) => !/^(homepage|sandbox|laboratory|http|supergraph|introspection|version)$/.test(block),
    );
    expect(blocks.filter((block) => !new RegExp(`^#.*\\n${block}:`, "m").test(text))).toEqual([]);
  });
});

test("the files name this subgraph as the supergraph does, wherever they name one", () => {
  const names = [
    ...[apollo.override_subgraph_url, apollo.include_subgraph_errors.subgraphs, apollo.traffic_shaping.subgraphs],
    ...[apollo.headers.subgraphs, hive.headers.subgraphs, cosmo.headers.subgraphs],
    ...[hive.override_subgraph_urls.subgraphs, hive.error_masking.subgraphs],
    ...[cosmo.override_routing_url.subgraphs, cosmo.traffic_shaping.subgraphs],
  ].map((block: object) => Object.keys(block));
  const lists = [apollo.subscription.mode.callback.subgraphs, hive.subscriptions.callback.subgraphs];
  for (const found of [...names, ...lists]) expect(found).toEqual([OUR_NAME]);
});

test("cosmo.yaml says in its first line that it was not run", () => {
  expect(readText("cosmo.yaml")).toMatch(/^# NOT RUN HERE/);
});

test("apollo-licensed.yaml is apollo.yaml and what needs a license", () => {
  const { authentication, authorization, demand_control, subscription, limits, ...common } = apollo;
  const { limits: freeLimits, ...free } = readYaml("apollo.yaml");
  expect(common).toEqual(free);
  expect(limits.router).toMatchObject(freeLimits.router);
  for (const block of [authentication, authorization, demand_control, subscription]) expect(block).toBeDefined();
});

test("the routers' timeouts for this subgraph are above REQUEST_TIMEOUT_MS, and those for clients above these", () => {
  const timeouts = [
    [apollo.traffic_shaping.subgraphs[OUR_NAME].timeout, apollo.traffic_shaping.router.timeout],
    [hive.traffic_shaping.all.request_timeout, hive.traffic_shaping.router.request_timeout],
  ].map((pair) => pair.map(milliseconds));
  for (const [ours = 0, clients = 0] of timeouts) {
    expect(ours).toBeGreaterThan(defaultOf("REQUEST_TIMEOUT_MS"));
    expect(clients).toBeGreaterThan(ours);
  }
  expect(milliseconds(cosmo.traffic_shaping.subgraphs[OUR_NAME].request_timeout)).toBe(timeouts[0]?.[0]);
});

test("the routers' limits are at most this subgraph's", () => {
  const { http_max_request_bytes, parser_max_tokens, max_depth, max_aliases, max_root_fields } = apollo.limits.router;
  expect(apollo.subscription.max_opened_subscriptions).toBeLessThanOrEqual(defaultOf("LIMIT_SUBSCRIPTIONS"));
  expect(http_max_request_bytes).toBeLessThanOrEqual(defaultOf("LIMIT_BODY_BYTES"));
  expect(parser_max_tokens).toBeLessThanOrEqual(documents.tokens);
  expect(max_depth).toBeLessThanOrEqual(documents.depth);
  expect(max_aliases).toBeLessThanOrEqual(documents.aliases);
  expect(max_root_fields).toBeLessThanOrEqual(documents.repeats);
  expect(hive.limits.max_request_body_size).toBe("1MiB");
  expect(http_max_request_bytes).toBe(1024 * 1024);
  expect([hive.limits.max_tokens.n, hive.limits.max_depth.n, hive.limits.max_aliases.n]).toEqual([
    parser_max_tokens,
    max_depth,
    max_aliases,
  ]);
});

test("the routers allow what MAX_ROUTER_COST says, and assume the default of `first` where it is absent", () => {
  const { operation_cost, default_list_size } = hive.demand_control;
  expect(operation_cost).toEqual({ max: MAX_ROUTER_COST, mode: "enforce" });
  const api = buildSchema(readFileSync(join(FOLDER, "api.graphql"), "utf8"));
  const pages = ["operations", "events"].map((name) => (api.getType("User") as GraphQLObjectType).getFields()[name]);
  const defaults = pages.map((field) => field?.args.find(({ name }) => name === "first")?.defaultValue);
  expect(defaults).toEqual(Array(2).fill(default_list_size.subgraphs[OUR_NAME]));
  const { mode, strategy } = apollo.demand_control;
  expect([mode, strategy.static_estimated]).toEqual(["enforce", { list_size: defaults[0], max: MAX_ROUTER_COST }]);
});

test("the routers allow exactly the extensions that this subgraph's errors have, and its messages", async () => {
  const subgraph = await startSubgraph();
  const { errors } = await subgraph.graphql("{ me { id } }", { claims: null }).finally(() => subgraph.stop());
  const own = [...Object.keys(errors?.[0]?.extensions ?? {}), "operationId"].sort();
  const ours = apollo.include_subgraph_errors.subgraphs[OUR_NAME];
  expect([ours.redact_message, [...ours.allow_extensions_keys].sort()]).toEqual([false, own]);
  const { enabled, extensions } = hive.error_masking.subgraphs[OUR_NAME];
  expect([enabled, extensions.mode, [...extensions.keys].sort()]).toEqual([false, "allow", own]);
  expect([...cosmo.subgraph_error_propagation.allowed_extension_fields].sort()).toEqual(own);
});

test("the routers verify tokens with this subgraph's algorithms", () => {
  const source = readFileSync(join(__dirname, "../../src/platform/auth/token-verifier.ts"), "utf8");
  const ours = JSON.parse(/ALGORITHMS = (\[.*\])/.exec(source)?.[1] ?? "null") as unknown;
  const all = [apollo.authentication.router.jwt.jwks[0], cosmo.authentication.jwt.jwks[0]];
  for (const { algorithms } of all) expect(algorithms).toEqual(ours);
  expect(hive.jwt.allowed_algorithms).toEqual(ours);
});

const DECLARATION = /^ *test(?:\.each\(.*\))?\(\s*"(.*)",/gm;
const findTitles = (suite: string) =>
  Array.from(readFileSync(join(__dirname, suite), "utf8").matchAll(DECLARATION), ([, title = ""]) => title);

test("each test that only one router runs is of a claim in not-offered.json, with what the other router says instead", () => {
  const listed = (router: string) => findNotOffered(router).flatMap(({ tests }) => tests);
  const ofHive = ["routers/hive-router.test.ts", "gateways/subscription-claims.ts"].flatMap(findTitles);
  expect(listed("Apollo Router").sort()).toEqual(ofHive.filter((title) => !title.startsWith("does not offer")).sort());
  const withoutKeys = listed("Hive Router");
  expect(withoutKeys).toHaveLength(1);
  expect(findTitles("gateways/claims.ts")).toEqual(expect.arrayContaining(withoutKeys));
});
