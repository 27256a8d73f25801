// Writes the generated parts of the documentation: tables between their markers, and the responses of the examples. With --check, compares.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { updateResponses } from "./docs-responses";
import { renderRouterOffers } from "./docs-routers";
import { renderErrorTable, renderProtocolErrorTable } from "./docs-errors";
import { renderMetricTable } from "./docs-metrics";
import { renderReferenceParts } from "./docs-reference";
import { renderHeavySuiteTable, renderRouterFailureTable } from "./docs-tests";
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
    ...renderReferenceParts(),
    "router-offers": renderRouterOffers(),
    "error-codes": renderErrorTable(),
    "protocol-error-codes": renderProtocolErrorTable(),
    metrics: await renderMetricTable(),
    "heavy-suites": renderHeavySuiteTable(),
    "router-failures": renderRouterFailureTable(),
  };
  const isCheck = process.argv.includes("--check");
  const report = (problem: string) => {
    console.error(problem);
    process.exitCode = 1;
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
    if (isCheck) report(`${file} does not match the code: run "npm run docs" and commit it`);
    else writeFileSync(file, filled);
  }
  for (const name of Object.keys(tables).filter((one) => !used.has(one))) {
    report(`no document has the generated table ${name}`);
  }
  if (!(await updateResponses(isCheck)) && isCheck) {
    report('schema/operations/responses.json does not match the responses: run "npm run docs" and commit it');
  }
}

void main();
