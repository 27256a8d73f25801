// Writes the generated tables of the documentation between their markers. With --check, compares.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { renderErrorTable } from "./docs-errors";
import { renderMetricTable } from "./docs-metrics";
import { renderHeavySuiteTable } from "./docs-tests";
import { renderVariableTables } from "./docs-variables";

const DOCUMENTS = [
  "README.md",
  ...readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file)),
];

type RenderTable = (file: string, name: string) => string;

/** The page with its tables between `<!-- generated: name -->` and `<!-- end -->`. */
async function fillTables(file: string, text: string, renderTable: RenderTable): Promise<string> {
  const marked = /(?<=^<!-- generated: ([\w-]+) -->\n)[^]*?(?=^<!-- end -->$)/gm;
  const filled = text.replace(marked, (_, name: string) => `\n${renderTable(file, name)}\n\n`);
  return filled === text ? text : await format(filled, { ...(await resolveConfig(file)), filepath: file });
}

async function main(): Promise<void> {
  const tables: Record<string, string> = {
    ...renderVariableTables(),
    "error-codes": renderErrorTable(),
    metrics: await renderMetricTable(),
    "heavy-suites": renderHeavySuiteTable(),
  };
  const used = new Set<string>();
  const renderTable: RenderTable = (file, name) => {
    const table = tables[name];
    if (table === undefined) throw new Error(`${file}: there is no table with the name ${name}`);
    used.add(name);
    return table;
  };
  for (const file of DOCUMENTS) {
    const text = readFileSync(file, "utf8");
    const filled = await fillTables(file, text, renderTable);
    if (filled === text) continue;
    if (process.argv.includes("--check")) {
      console.error(`${file} does not match the code: run "npm run docs" and commit it`);
      process.exitCode = 1;
    } else {
      writeFileSync(file, filled);
    }
  }
  for (const name of Object.keys(tables).filter((one) => !used.has(one))) {
    console.error(`no document has the generated table ${name}`);
    process.exitCode = 1;
  }
}

void main();
