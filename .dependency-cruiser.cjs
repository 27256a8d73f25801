// Import directions: main -> app -> features -> providers -> platform. See docs/contributing/architecture.md.
const forbid = (name, comment, from, to) => ({ name, severity: "error", comment, from, to });
const own = "^src/$1/$2/";
const CONTEXT = "^src/features/context\\.ts$";

/** Topics of the platform, lowest first: each imports itself and topics before it. */
const TOPICS = [
  "kernel",
  "errors",
  "observability",
  "database",
  "http/client",
  "auth",
  "pubsub",
  "inbox",
  "operations",
  "reads",
  "http/server",
  "graphql/limits",
  "graphql",
  "graphql/subscriptions",
];
/** A folder's files; of `graphql` only those outside its sub-topics. */
const filesOf = (topic) =>
  topic === "graphql" ? "^src/platform/graphql/(?!limits/|subscriptions/)" : `^src/platform/${topic}/`;
const topicRules = TOPICS.map((topic, index) =>
  forbid(
    `platform-${topic.replace("/", "-")}`,
    "A topic of the platform imports itself and the topics listed before it.",
    { path: filesOf(topic) },
    { path: "^src/platform/", pathNot: TOPICS.slice(0, index + 1).map(filesOf) },
  ),
);

module.exports = {
  forbidden: [
    ...topicRules,
    forbid(
      "platform-topics",
      "Every file of the platform belongs to a topic.",
      {},
      { path: "^src/platform/", pathNot: TOPICS.map(filesOf) },
    ),
    forbid("no-cycles", "A cycle is one room with two doors.", {}, { circular: true }),
    forbid(
      "platform-carries",
      "Platform knows no feature, no provider, no wiring.",
      { path: "^src/platform/" },
      { path: "^src/", pathNot: "^src/platform/" },
    ),
    forbid(
      "providers-tell",
      "A provider imports itself, platform and the types of variables; never another provider, a feature or the wiring.",
      { path: "^src/(providers)/([^/]+)/" },
      { path: "^src/", pathNot: ["^src/platform/", "^src/config/(values|variable)\\.ts$", own] },
    ),
    forbid(
      "config-reads-the-list-of-providers",
      "The configuration imports platform and the list of providers; nothing else of the program.",
      { path: "^src/config/" },
      { path: "^src/", pathNot: ["^src/config/", "^src/platform/", "^src/app/providers\\.ts$"] },
    ),
    forbid(
      "values-know-no-group",
      "Every provider imports the types of variables, so that these must import nothing but platform.",
      { path: "^src/config/(values|variable)\\.ts$" },
      { path: "^src/", pathNot: "^src/platform/" },
    ),
    forbid(
      "providers-know-no-graphql",
      "What a vendor says does not depend on how we tell it.",
      { path: "^src/providers/" },
      { path: "node_modules/(graphql|type-graphql|graphql-scalars|@apollo|dataloader)/" },
    ),
    forbid(
      "features-promise",
      "A feature imports its own folder, providers, platform, the resolvers' context and other features' public.ts.",
      { path: "^src/(features)/([^/]+)/" },
      {
        path: "^src/",
        pathNot: ["^src/platform/", "^src/providers/", own, "^src/features/[^/]+/public\\.ts$", CONTEXT],
      },
    ),
    forbid(
      "features-publish-no-resolver",
      "If a public.ts imports a resolver, the load order of decorators depends on the first import.",
      { path: "^src/features/[^/]+/public\\.ts$" },
      { path: "\\.resolver\\.ts$", reachable: true },
    ),
    forbid(
      "features-context-is-a-type",
      "The context imports only loaders, operation-request.ts and platform.",
      { path: CONTEXT },
      {
        path: "^src/",
        pathNot: ["^src/platform/", "\\.loader\\.ts$", "^src/features/operation/operation-request\\.ts$"],
      },
    ),
    forbid(
      "features-context-at-compile-time",
      "The context imports types only, so that it does not affect the load order of decorators.",
      { path: CONTEXT },
      { dependencyTypesNot: ["type-only"] },
    ),
    forbid(
      "features-context-for-resolvers",
      "Only resolvers and src/app use the whole context. Other files take only what they need.",
      { path: "^src/", pathNot: ["\\.resolver\\.ts$", "^src/app/"] },
      { path: CONTEXT },
    ),
    forbid(
      "sandbox-is-independent",
      "A fake that shares code with what it tests proves nothing.",
      { path: "^src/sandbox/" },
      { path: "^src/", pathNot: "^src/sandbox/" },
    ),
    forbid(
      "nothing-imports-the-sandbox",
      "The sandbox runs as a process of its own; only main.ts and tests import it.",
      { path: "^src/", pathNot: ["^src/sandbox/", "^src/main\\.ts$"] },
      { path: "^src/sandbox/" },
    ),
    forbid(
      "main-launches-the-sandbox",
      "main.ts starts the sandbox through launch.ts, and imports nothing else of it.",
      { path: "^src/main\\.ts$" },
      { path: "^src/sandbox/", pathNot: "^src/sandbox/launch\\.ts$" },
    ),
    forbid(
      "launch-is-for-main",
      "The sandbox itself does not know who launches it.",
      { path: "^src/", pathNot: "^src/main\\.ts$" },
      { path: "^src/sandbox/launch\\.ts$" },
    ),
    forbid(
      "axios-in-one-place",
      "One HTTP client, one set of limits.",
      { path: "^src/", pathNot: "^src/platform/http/client/" },
      { path: "node_modules/(axios|undici)/" },
    ),
    forbid(
      "wall-clock-for-moments",
      "It is for moments that are stored or told by others. Durations and expiries: src/platform/kernel/monotonic-clock.ts.",
      {
        path: "^src/",
        pathNot: [
          "^src/(app|cli)/",
          "^src/platform/(operations|inbox)/",
          "^src/platform/auth/(token-verifier|verified-token-cache)\\.ts$", // the expiry of a token
          "^src/platform/http/client/http-client\\.ts$", // Retry-After may be a date
          "^src/platform/observability/backlog-gauges\\.ts$", // the age of stored rows
          "^src/features/event/(event-processor|receive-event)\\.ts$",
        ],
      },
      { path: "^src/platform/kernel/clock\\.ts$" },
    ),
    forbid(
      "logs-in-one-place",
      "One logger, one list of what it must not write.",
      { path: "^src/", pathNot: "^src/platform/observability/" },
      { path: "node_modules/(pino|pino-pretty|sonic-boom|loglevel)/" },
    ),
    forbid("no-test-code-in-src", "Production code does not know its tests.", { path: "^src/" }, { path: "^test/" }),
    forbid(
      "no-dev-dependency-in-src",
      "What runs in production is a dependency (Elastic-licensed composition among what must never be).",
      { path: "^src/", pathNot: "^src/playground/(page/|bundle\\.ts)" },
      { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] },
    ),
    forbid(
      "no-drawers",
      "A drawer called utils is a room nobody owns.",
      {},
      {
        path: "(^|/)(utils?|helpers?|common|shared|lib|misc|services|managers|dto)(/|\\.ts$)",
        pathNot: "node_modules",
      },
    ),
    forbid(
      "file-names",
      "kebab-case; <noun>.<role>.ts with a role of the closed list, or a verb.",
      {},
      {
        path: "^src/",
        // Any file whose name is not kebab-case, or whose second name is no known role.
        pathNot: [
          "/[a-z0-9-]+[.](ts|tsx|mjs|css)$",
          "/[a-z0-9-]+[.](type|input|resolver|loader|state|client|wire|auth|errors|webhook|store)[.]ts$",
        ],
      },
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    exclude: { path: "^dist/" },
  },
};
