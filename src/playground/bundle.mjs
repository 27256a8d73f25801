// Bundles the playground's page into a folder: `node src/playground/bundle.mjs <outDir>`. GraphiQL 5 ships no prebuilt
// bundle, and its documented ones load from a CDN; here every byte comes from our own origin.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { build } from "esbuild";

const outdir = process.argv[2];
if (!outdir) {
  console.error("usage: node src/playground/bundle.mjs <outDir>");
  process.exit(2);
}

const page = join(import.meta.dirname, "page");

// A worker talks to its editor in a private protocol, so both must come from the one Monaco that GraphiQL resolves.
const graphiql = createRequire(import.meta.resolve("graphiql/package.json"));
const editor = createRequire(graphiql.resolve("@graphiql/react/package.json"));

const shared = { outdir, bundle: true, minify: true, target: "es2022", logLevel: "warning" };
const script = { ...shared, define: { "process.env.NODE_ENV": '"production"' } };

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
    // Monaco's modules import their styles one by one; GraphiQL's stylesheet already has all of them.
    loader: { ".css": "empty" },
  }),
  build({ ...shared, entryPoints: { main: join(page, "main.css") } }),
  build({
    ...script,
    entryPoints: {
      "editor.worker": editor.resolve("monaco-editor/esm/vs/editor/editor.worker.js"),
      "json.worker": editor.resolve("monaco-editor/esm/vs/language/json/json.worker.js"),
      "graphql.worker": editor.resolve("monaco-graphql/esm/graphql.worker.js"),
    },
    format: "iife",
  }),
]);
copyFileSync(join(page, "favicon.svg"), join(outdir, "favicon.svg"));

await Promise.all(
  readdirSync(outdir).map(async (name) => {
    const file = join(outdir, name);
    writeFileSync(`${file}.gz`, await promisify(gzip)(readFileSync(file)));
  }),
);
