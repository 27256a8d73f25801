import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildSchema, isScalarType, specifiedScalarTypes } from "graphql";
import { parse } from "yaml";
import { findCodeBlocks, listFiles, readText, ROOT } from "../kit/pages";
import { createTempDirectory } from "../kit/temp";

const run = promisify(execFile);

const CONFIG =
  findCodeBlocks(readText("docs/frontend/getting-started.md")).find(({ language }) => language === "yaml")?.text ?? "";

interface CodegenConfig {
  readonly generates: Readonly<
    Record<string, { readonly config: { readonly scalars: Readonly<Record<string, string>> } }>
  >;
}
const scalarsOf = (text: string, output: string) =>
  (parse(text) as CodegenConfig).generates[output]?.config.scalars ?? {};

const COMPILER_OPTIONS = {
  ...{ strict: true, noEmit: true, skipLibCheck: true, types: [] },
  ...{ target: "es2024", module: "esnext", moduleResolution: "bundler" },
};

/** Compiles only if the generated types are exact: with `any`, the second line would have no error. */
const USE = `
import { type MemberBenefitsQuery } from "./generated/graphql.js";
// @ts-expect-error -- a scalar is a string
export const at = (query: MemberBenefitsQuery): number | null | undefined => query.me?.currentOffer?.nextBillingAt;
export const status = (query: MemberBenefitsQuery): string | undefined => query.me?.benefits?.[0]?.status;
`;

describe("the codegen.yml of the page", () => {
  test("has every scalar of the schema, as this repository's own codegen.yml has it", () => {
    const scalars = Object.values(buildSchema(readText("schema/api.graphql")).getTypeMap()).filter(isScalarType);
    const custom = scalars
      .map(({ name }) => name)
      .filter((name) => !specifiedScalarTypes.some((one) => one.name === name));
    const documented = scalarsOf(CONFIG, "src/generated/");
    expect(Object.keys(documented)).toEqual(custom.sort());
    expect(documented).toEqual(scalarsOf(readText("codegen.yml"), "test/federation/client/generated/"));
  });

  test("generates types in another repository, from a copy of the schema, that compile", async () => {
    const { path: directory, remove } = createTempDirectory("codegen");
    symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"));
    mkdirSync(join(directory, "src"));
    copyFileSync(join(ROOT, "schema/api.graphql"), join(directory, "api.graphql"));
    for (const file of listFiles("schema/operations").filter((name) => name.endsWith(".graphql")))
      copyFileSync(join(ROOT, file), join(directory, "src", file.split("/").at(-1) ?? ""));
    writeFileSync(join(directory, "codegen.yml"), CONFIG);
    writeFileSync(join(directory, "src/use.ts"), USE);
    writeFileSync(
      join(directory, "tsconfig.json"),
      JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: ["src"] }),
    );
    writeFileSync(join(directory, "package.json"), '{ "type": "module" }');

    /** What the program printed, also if it failed. */
    const outputOf = async (script: string, ...options: string[]) => {
      const finished = run(process.execPath, [join(ROOT, "node_modules", script), ...options], { cwd: directory });
      return (await finished.catch((error: unknown) => error as { stdout: string })).stdout;
    };
    expect(await outputOf("@graphql-codegen/cli/esm/bin.js", "--config", "codegen.yml")).not.toContain("FAILED");
    expect(await outputOf("typescript/bin/tsc")).toBe("");
    remove();
  });
});
