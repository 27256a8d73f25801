import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const namedExportsOnly = {
  selector: "ExportDefaultDeclaration",
  message: "Named exports only: a name is searched for, a default is guessed.",
};

const environment = { object: "process", property: "env", message: "Configuration is read in src/config.ts only." };
const output = ["stdout", "stderr"].map((property) => ({
  object: "process",
  property,
  message: "Log lines are written by src/platform/telemetry, which knows what must not be in them.",
}));

export default defineConfig(
  { ignores: ["dist/", "node_modules/", ".data/", "**/generated/"] },
  {
    files: ["src/**/*.{ts,tsx}", "test/**/*.ts", ".ci/*.ts"],
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
      // Decorated classes describe shapes of the graph; what fills them are plain objects.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      "@typescript-eslint/no-misused-spread": "off",
    },
  },
  { files: ["src/**/*.{ts,tsx}"], rules: { "max-lines": ["error", { max: 200 }] } },
  { files: ["src/config.ts"], rules: { "no-restricted-properties": ["error", ...output] } },
  {
    files: ["src/main.ts", "src/webhooks-replay.ts", "src/platform/telemetry/logger.ts"],
    rules: { "no-restricted-properties": ["error", environment] },
  },
  { files: ["src/sandbox/main.ts", "test/**/*.ts"], rules: { "no-restricted-properties": "off" } },
  {
    // A GraphQL answer is compared as the JSON that it is; a row of a table is as wide as its case.
    files: ["test/**/*.ts"],
    rules: {
      "max-params": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
    },
  },
  { files: [".ci/*.ts", "src/sandbox/main.ts", "test/bench/**/*.ts"], rules: { "no-console": "off" } },
);
