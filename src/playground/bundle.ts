// Bundles the playground into a folder: `tsx src/playground/bundle.ts <outDir>`. GraphiQL 5 has no prebuilt bundle, and its
// documented ones load from a CDN; the content policy allows files of this origin only.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { build, type BuildOptions } from "esbuild";
import { readExamples, readResponses } from "./examples";
import { renderReference } from "./reference/render-reference";

const page = join(__dirname, "page");
const schema = join(__dirname, "../../schema");

async function bundle(outdir: string): Promise<void> {
  const examples = readExamples(join(schema, "operations"));

  // A worker and its editor share a private protocol, so both must come from the Monaco that GraphiQL resolves.
  const editor = createRequire(require.resolve("@graphiql/react/package.json"));

  const shared: BuildOptions = { outdir, bundle: true, minify: true, target: "es2022", logLevel: "warning" };
  const script: BuildOptions = {
    ...shared,
    define: { "process.env.NODE_ENV": '"production"', EXAMPLES: JSON.stringify(examples) },
  };

  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(outdir, { recursive: true });
  await Promise.all([
    build({
      ...script,
      entryPoints: { main: join(page, "main.tsx") },
      format: "esm",
      splitting: true,
      chunkNames: "chunk-[hash]",
      tsconfig: join(page, "tsconfig.json"),
      // Monaco's modules import their own styles, which GraphiQL's stylesheet already contains.
      loader: { ".css": "empty" },
    }),
    build({ ...shared, entryPoints: { main: join(page, "main.css") } }),
    build({
      ...script,
      entryPoints: {
        "editor.worker": editor.resolve("monaco-editor/esm/vs/editor/editor.worker.js"),
        "json.worker": editor.resolve("monaco-editor/esm/vs/language/json/json.worker.js"),
        "graphql.worker": editor.resolve("monaco-graphql/esm/graphql.worker.js"),
        reference: join(page, "reference.ts"),
      },
      format: "iife",
    }),
  ]);
  copyFileSync(join(page, "favicon.svg"), join(outdir, "favicon.svg"));
  const read = (file: string) => readFileSync(join(schema, file), "utf8");
  const style = [join(__dirname, "theme.css"), join(page, "reference.css"), join(page, "reference-narrow.css")].map(
    (file) => readFileSync(file, "utf8"),
  );
  for (const mode of ["sandbox", "live"] as const) {
    const html = renderReference({
      mode,
      api: read("api.graphql"),
      subgraph: read("subgraph.graphql"),
      examples,
      responses: readResponses(join(schema, "operations")),
      style: style.join("\n"),
    });
    writeFileSync(join(outdir, `docs.${mode}.html`), html);
  }

  await Promise.all(
    readdirSync(outdir).map(async (name) => {
      const file = join(outdir, name);
      writeFileSync(`${file}.gz`, await promisify(gzip)(readFileSync(file)));
    }),
  );
}

const outdir = process.argv[2];
if (!outdir) throw new Error("usage: tsx src/playground/bundle.ts <outDir>");
void bundle(outdir);
