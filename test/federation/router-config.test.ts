import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { deriveLimits } from "../../src/platform/graphql/limits/derive-limits";
import { Environment } from "../../src/config/environment";
import { loadConfig } from "../../src/config/index";
import { MEMBER_ID } from "../kit/seeds/ids";
import { startSubgraph } from "../kit/start/subgraph";
import { OUR_NAME } from "./gateways/compose";

// Neither Apollo Router nor rover runs here: their files are compared with their documentation and with this subgraph.

const FOLDER = join(__dirname, "../../schema");
const ROUTER_YAML = readFileSync(join(FOLDER, "router.yaml"), "utf8");

const fromEnvironment = z.string().regex(/^\$\{env\.[A-Z_]+\}$/);
const duration = z.string().regex(/^\d+s$/);
const propagate = z.strictObject({ propagate: z.strictObject({ named: z.string() }) });
const insert = z.strictObject({ insert: z.strictObject({ name: z.string(), value: fromEnvironment }) });
const page = z.strictObject({ enabled: z.boolean() });
const fromFile = z.string().regex(/^\$\{file\.\/[^}]+\}$/);

/** The keys that this file uses, as Apollo Router 2.10's reference has them; it refuses to start with one that it does not know. */
const RouterConfig = z.strictObject({
  supergraph: z.strictObject({ listen: fromEnvironment, path: z.string(), introspection: z.boolean() }),
  homepage: page,
  sandbox: page,
  health_check: z.strictObject({ enabled: z.boolean(), listen: fromEnvironment }),
  cors: z.strictObject({
    allow_credentials: z.boolean(),
    policies: z.array(z.strictObject({ origins: z.array(fromEnvironment) })),
  }),
  override_subgraph_url: z.record(z.string(), fromEnvironment),
  headers: z.strictObject({
    all: z.strictObject({ request: z.array(propagate) }),
    subgraphs: z.record(z.string(), z.strictObject({ request: z.array(insert) })),
  }),
  include_subgraph_errors: z.strictObject({
    all: z.strictObject({ redact_message: z.boolean(), allow_extensions_keys: z.array(z.string()) }),
    subgraphs: z.record(
      z.string(),
      z.strictObject({ redact_message: z.boolean(), allow_extensions_keys: z.array(z.string()) }),
    ),
  }),
  traffic_shaping: z.strictObject({
    router: z.strictObject({ timeout: duration }),
    subgraphs: z.record(z.string(), z.strictObject({ timeout: duration, deduplicate_query: z.boolean() })),
  }),
  authentication: z.strictObject({
    router: z.strictObject({
      jwt: z.strictObject({
        header_name: z.string(),
        header_value_prefix: z.string(),
        jwks: z.array(
          z.strictObject({
            url: fromEnvironment,
            issuers: z.array(fromEnvironment),
            audiences: z.array(fromEnvironment),
            algorithms: z.array(z.string()),
            poll_interval: duration,
          }),
        ),
        on_error: z.enum(["Error", "Continue"]),
      }),
    }),
  }),
  authorization: z.strictObject({
    require_authentication: z.boolean(),
    directives: z.strictObject({
      enabled: z.boolean(),
      reject_unauthorized: z.boolean(),
      errors: z.strictObject({ log: z.boolean(), response: z.enum(["errors", "extensions", "disabled"]) }),
    }),
  }),
  subscription: z.strictObject({
    enabled: z.boolean(),
    max_opened_subscriptions: z.int(),
    deduplication: z.strictObject({ enabled: z.boolean() }),
    mode: z.strictObject({
      callback: z.strictObject({
        public_url: fromEnvironment,
        listen: fromEnvironment,
        path: z.string().startsWith("/"),
        heartbeat_interval: duration,
        subgraphs: z.array(z.string()),
      }),
    }),
  }),
  response_cache: z.strictObject({ enabled: z.boolean() }),
  limits: z.strictObject({
    http_max_request_bytes: z.int(),
    parser_max_tokens: z.int(),
    parser_max_recursion: z.int(),
    max_depth: z.int(),
    max_aliases: z.int(),
    max_root_fields: z.int(),
  }),
  csrf: z.strictObject({ unsafe_disabled: z.boolean(), required_headers: z.array(z.string()) }),
  telemetry: z.strictObject({
    apollo: z.strictObject({ send_headers: z.literal("none"), send_variable_values: z.literal("none") }),
  }),
});

/** Blocks that are commented out. */
const CommentedOut = z.strictObject({
  tls: z.strictObject({
    subgraph: z.strictObject({
      subgraphs: z.record(
        z.string(),
        z.strictObject({
          certificate_authorities: fromFile,
          client_authentication: z.strictObject({ certificate_chain: fromFile, key: fromFile }),
        }),
      ),
    }),
  }),
  persisted_queries: z.strictObject({ enabled: z.boolean(), safelist: page, local_manifests: z.array(z.string()) }),
  apq: page,
});

const raw = parse(ROUTER_YAML) as object;
const defaultOf = (name: keyof typeof Environment.shape) => {
  const schema = Environment.shape[name];
  if (!(schema instanceof z.ZodDefault)) throw new Error(`${name} has no default`);
  return Number(schema.def.defaultValue);
};
const milliseconds = (text: string) => Number.parseInt(text, 10) * 1000;

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

describe("schema/router.yaml", () => {
  const config = raw as z.output<typeof RouterConfig>; // the first test checks it

  test("has no key that the router does not know, and reads each URL, address and secret from the environment", () => {
    expect(RouterConfig.safeParse(raw).error?.issues).toBeUndefined();
    const texts: string[] = [];
    JSON.stringify(raw, (_key, value: unknown) => {
      if (typeof value === "string") texts.push(value);
      return value;
    });
    expect(texts.filter((text) => /:\/\/|secret|:\d+$/i.test(text) && !text.startsWith("${env."))).toEqual([]);
  });

  test("has no block that a router without a license rejects even if it is disabled", () => {
    expect(raw).not.toHaveProperty("batching");
    expect(raw).not.toHaveProperty("persisted_queries");
  });

  test("lists in its header exactly the variables that it reads", () => {
    const listed = [...ROUTER_YAML.matchAll(/^# {3}([A-Z_]+)(?: {2,}\S.*)?$/gm)].map(([, name]) => name);
    const read = [...JSON.stringify(raw).matchAll(/\$\{env\.([A-Z_]+)\}/g)].map(([, name]) => name);
    expect(listed.sort()).toEqual([...new Set(read)].sort());
  });

  test("has valid configuration in its commented-out blocks", () => {
    const blocks = ROUTER_YAML.match(/^# (?:tls|persisted_queries|apq):\n(?:# {3,}\S.*\n)+/gm) ?? [];
    const yaml = blocks.join("").replaceAll(/^# /gm, "");
    const found = CommentedOut.parse(parse(yaml));
    expect(Object.keys(found.tls.subgraph.subgraphs)).toEqual([OUR_NAME]);
    expect(found.persisted_queries.local_manifests.filter((file) => !existsSync(join(FOLDER, "..", file)))).toEqual([]);
    expect(found.apq.enabled).toBe(!found.persisted_queries.safelist.enabled);
  });

  test("has a comment above each block", () => {
    expect(Object.keys(raw).filter((block) => !new RegExp(`^#.*\\n${block}:$`, "m").test(ROUTER_YAML))).toEqual([]);
  });

  test("names only this subgraph in every block that names a subgraph", () => {
    const { override_subgraph_url, headers, include_subgraph_errors, traffic_shaping, subscription } = config;
    const blocks = [
      override_subgraph_url,
      headers.subgraphs,
      include_subgraph_errors.subgraphs,
      traffic_shaping.subgraphs,
    ];
    expect(blocks.map((block) => Object.keys(block))).toEqual(blocks.map(() => [OUR_NAME]));
    expect(subscription.mode.callback.subgraphs).toEqual([OUR_NAME]);
  });

  describe("in its header rules", () => {
    /** The headers that the router sends to this subgraph for a client's headers: only those in the rules. */
    function forwardedHeaders(client: Readonly<Record<string, string>>, environment: Readonly<Record<string, string>>) {
      const sent: Record<string, string> = {};
      for (const { propagate } of config.headers.all.request) {
        const value = client[propagate.named];
        if (value !== undefined) sent[propagate.named] = value;
      }
      for (const { insert } of config.headers.subgraphs[OUR_NAME]?.request ?? []) {
        sent[insert.name] = insert.value.replace(/^\$\{env\.(\w+)\}$/, (_, name: string) => environment[name] ?? "");
      }
      return sent;
    }

    test("forwards the token and the request ID, and replaces a client's router secret with its own", async () => {
      const subgraph = await startSubgraph({ ROUTER_SECRETS: "of-the-router" });
      try {
        const authorization = `Bearer ${await subgraph.token({ sub: MEMBER_ID })}`;
        const client = { authorization, "x-request-id": "request-id.3", "router-authorization": "of-the-router" };
        const send = (secret: string) =>
          subgraph.post("{ me { id } }", {
            claims: null,
            headers: forwardedHeaders(client, { BENEFITS_PIX_ROUTER_SECRET: secret }),
          });
        const response = await send("of-the-router");
        expect(await response.json()).toEqual({ data: { me: { id: MEMBER_ID } } });
        expect(response.headers.get("x-request-id")).toBe("request-id.3");
        expect((await send("another")).status).toBe(401);
      } finally {
        await subgraph.stop();
      }
    });
  });

  test("allows exactly the extensions that this subgraph's errors have", async () => {
    const subgraph = await startSubgraph();
    try {
      const { errors } = await subgraph.graphql("{ me { id } }", { claims: null });
      const { all, subgraphs } = config.include_subgraph_errors;
      const ours = subgraphs[OUR_NAME];
      const passed = [...all.allow_extensions_keys, ...(ours?.allow_extensions_keys ?? [])];
      expect(passed.sort()).toEqual(Object.keys(errors?.[0]?.extensions ?? {}).sort());
      expect(ours?.redact_message).toBe(false);
    } finally {
      await subgraph.stop();
    }
  });

  test("has a subgraph timeout above REQUEST_TIMEOUT_MS, and a router timeout above the subgraph timeout", () => {
    const ours = milliseconds(config.traffic_shaping.subgraphs[OUR_NAME]?.timeout ?? "0s");
    expect(ours).toBeGreaterThan(defaultOf("REQUEST_TIMEOUT_MS"));
    expect(milliseconds(config.traffic_shaping.router.timeout)).toBeGreaterThan(ours);
  });

  test("has no limit above this subgraph's", () => {
    const { limits, subscription } = config;
    expect(subscription.max_opened_subscriptions).toBeLessThanOrEqual(defaultOf("LIMIT_SUBSCRIPTIONS"));
    expect(limits.http_max_request_bytes).toBeLessThanOrEqual(defaultOf("LIMIT_BODY_BYTES"));
    expect(limits.parser_max_tokens).toBeLessThanOrEqual(defaultOf("LIMIT_TOKENS"));
    expect(limits.max_depth).toBeLessThanOrEqual(defaultOf("LIMIT_DEPTH"));
    expect(limits.max_aliases).toBeLessThanOrEqual(defaultOf("LIMIT_ALIASES"));
    expect(limits.max_root_fields).toBeLessThanOrEqual(deriveLimits(loadConfig({}).limits.documents).repeats);
  });

  test("verifies tokens with this subgraph's algorithms", () => {
    const source = readFileSync(join(__dirname, "../../src/platform/auth/token-verifier.ts"), "utf8");
    const ours = JSON.parse(/ALGORITHMS = (\[.*\])/.exec(source)?.[1] ?? "null") as unknown;
    expect(config.authentication.router.jwt.jwks.map(({ algorithms }) => algorithms)).toEqual([ours]);
  });
});
