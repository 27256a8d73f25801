// Writes schema/subgraph.graphql and schema/subgraph-unlicensed.graphql, which routers compose, and schema/api.graphql, which clients
// see. With --check, compares.
import { readFileSync, writeFileSync } from "node:fs";
import { printSchema } from "graphql";
import { createSubgraph } from "../src/app/schema";
import { removeDirectives } from "./remove-directives";

/** Apollo Router needs a license for a supergraph with these. */
const LICENSED_DIRECTIVES = ["authenticated", "requiresScopes"];

function readIfExists(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

async function main(): Promise<void> {
  const { sdl, apiSchema } = await createSubgraph();
  const files = {
    "schema/subgraph.graphql": `${sdl}\n`,
    "schema/subgraph-unlicensed.graphql": `${removeDirectives(sdl, LICENSED_DIRECTIVES)}\n`,
    "schema/api.graphql": `${printSchema(apiSchema)}\n`,
  };
  if (!process.argv.includes("--check")) {
    for (const [file, text] of Object.entries(files)) writeFileSync(file, text);
    return;
  }
  const outdated = Object.entries(files).filter(([file, text]) => readIfExists(file) !== text);
  for (const [file] of outdated) console.error(`${file} is not what the code says: run "npm run schema" and commit it`);
  process.exitCode = outdated.length > 0 ? 1 : 0;
}

void main();
