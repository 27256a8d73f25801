import graphqlEslint from "@graphql-eslint/eslint-plugin";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const namedExportsOnly = {
  selector: "ExportDefaultDeclaration",
  message: "Use named exports only: they can be searched for by name.",
};

/** A difference of wall clock readings is not a duration: the clock can be set in between. */
const noMomentDifference = {
  meta: { type: "problem", schema: [], messages: { difference: "Measure a duration with a MonotonicClock." } },
  create(context) {
    const { parserServices } = context.sourceCode;
    const isMoment = (node) => parserServices.getTypeAtLocation(node).aliasSymbol?.name === "Moment";
    return {
      BinaryExpression(node) {
        const isMeasured = ["-", "<", ">", "<=", ">="].includes(node.operator);
        if (isMeasured && isMoment(node.left) && isMoment(node.right))
          context.report({ node, messageId: "difference" });
      },
    };
  },
};

const wallMessage =
  "The wall clock is read in src/platform/kernel/clock.ts only; durations are measured with a MonotonicClock.";
const wallClock = [
  "MemberExpression[object.name='Date'][property.name='now']",
  "NewExpression[callee.name='Date'][arguments.length=0]",
  "CallExpression[callee.name='Date']",
].map((selector) => ({ selector, message: wallMessage }));

const environment = {
  object: "process",
  property: "env",
  message: "Configuration is read in src/config/index.ts only.",
};
const output = ["stdout", "stderr"].map((property) => ({
  object: "process",
  property,
  message: "Only src/platform/observability writes log lines, because it redacts private values.",
}));

/** The schema that clients see, and the example operations against it. */
const graphql = {
  plugins: { "@graphql-eslint": graphqlEslint },
  languageOptions: {
    parser: graphqlEslint.parser,
    parserOptions: {
      graphQLConfig: {
        schema: "schema/api.graphql",
        documents: ["schema/operations/*.graphql", "docs/frontend/example/*.graphql"],
      },
    },
  },
};
const rulesOf = (...configs) =>
  Object.assign({}, ...configs.map((name) => graphqlEslint.configs[`flat/${name}`].rules));

const schemaRules = {
  ...rulesOf("schema-recommended", "schema-relay"),
  "@graphql-eslint/require-description": [
    "error",
    {
      types: true,
      DirectiveDefinition: true,
      FieldDefinition: true,
      InputValueDefinition: true,
      EnumValueDefinition: true,
      // TypeGraphQL cannot describe the root types; their fields have descriptions.
      ignoredSelectors: ["[type=ObjectTypeDefinition][name.value=/^(Query|Mutation|Subscription)$/]"],
    },
  ],
  "@graphql-eslint/strict-id-in-types": [
    "error",
    {
      exceptions: {
        // Values without an identity, and an entity whose ID field is `recurrenceId`.
        types: ["BenefitSwap", "CurrentOffer", "Enrollment", "Money", "PixParty", "UserError", "PixAuthorization"],
        suffixes: ["Payload", "Connection", "Edge", "PageInfo"],
      },
    },
  ],
  "@graphql-eslint/input-name": ["error", { checkInputType: true, caseSensitiveInputType: false }],
  "@graphql-eslint/no-scalar-result-type-on-mutation": "error",
  "@graphql-eslint/relay-arguments": ["error", { includeBoth: false }], // pages are read forward
  // There is no `node(id)`, because routers resolve entities by key; short lists are not paginated.
  "@graphql-eslint/relay-edge-types": [
    "error",
    { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
  ],
};

export default defineConfig(
  { ignores: ["dist/", "node_modules/", ".data/", "**/generated/"] },
  {
    files: ["src/**/*.{ts,tsx}", "test/**/*.ts", "docs/**/*.ts", ".ci/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: `${import.meta.dirname}/..` } },
    rules: {
      "max-params": ["error", 3],
      "no-console": "error",
      "no-restricted-syntax": ["error", namedExportsOnly],
      "no-restricted-properties": ["error", environment, ...output],
      "no-restricted-imports": ["error", "process", "node:process", "console", "node:console"], // ways round the rules above
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-extraneous-class": "off",
      // Decorated classes describe types of the graph; their values are plain objects.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      "@typescript-eslint/no-misused-spread": "off",
    },
  },
  { files: ["src/**/*.{ts,tsx}"], rules: { "max-lines": ["error", { max: 300 }] } },
  { files: ["docs/**/*.ts"], rules: { "max-lines": ["error", { max: 80 }] } }, // examples, to read at a glance
  {
    files: ["src/**/*.{ts,tsx}"],
    ignores: ["src/platform/kernel/clock.ts", "src/sandbox/**", "src/playground/page/**"],
    plugins: { time: { rules: { "no-moment-difference": noMomentDifference } } },
    rules: {
      "time/no-moment-difference": "error",
      "no-restricted-syntax": ["error", namedExportsOnly, ...wallClock],
    },
  },
  { files: ["src/config/index.ts"], rules: { "no-restricted-properties": ["error", ...output] } },
  {
    files: [
      "src/main.ts",
      "src/cli/run-command.ts",
      "src/cli/webhooks-replay.ts",
      "src/platform/observability/logger.ts",
    ],
    rules: { "no-restricted-properties": ["error", environment] },
  },
  { files: ["src/sandbox/main.ts", "test/**/*.ts", "docs/**/*.ts"], rules: { "no-restricted-properties": "off" } },
  {
    // Tests compare GraphQL responses as untyped JSON, and a row of a test table can be long.
    files: ["test/**/*.ts"],
    rules: {
      "no-restricted-globals": [
        "error",
        ...["it", "fit", "xit", "xtest"].map((name) => ({ name, message: "Use test." })),
      ],
      "max-params": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
    },
  },
  { files: [".ci/*.ts", "src/sandbox/main.ts", "test/bench/**/*.ts"], rules: { "no-console": "off" } },
  { files: ["schema/api.graphql"], ...graphql, rules: schemaRules },
  { files: ["schema/operations/*.graphql", "docs/**/*.graphql"], ...graphql, rules: rulesOf("operations-recommended") },
);
