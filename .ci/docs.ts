// Writes the tables of the documents that mirror the code, between their markers; with --check, compares.
import { readFileSync, writeFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";
import { z } from "zod";
import { ConfigError, loadConfig } from "../src/config";
import { Environment } from "../src/environment";

/** The variables that live mode requires, by the configuration's own refusal. */
function requiredVariables(): Set<string> {
  try {
    loadConfig({ PROVIDERS: "live" });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return new Set([...error.message.matchAll(/^ {2}(\w+): is required/gm)].map(([, name = ""]) => name));
  }
  throw new Error("live mode requires no variable");
}

function variables(): string {
  const required = requiredVariables();
  const rows = Object.entries<z.ZodType>(Environment.shape).map(([name, schema]) => {
    const fallback = schema instanceof z.ZodDefault ? `\`${String(schema.def.defaultValue)}\`` : "none";
    return `| \`${name}\` | ${required.has(name) ? "required" : fallback} | ${schema.description ?? ""} |`;
  });
  return ["| variable | default | meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

const TABLES: Readonly<Record<string, () => string>> = { variables };
const DOCUMENTS = ["README.md"];

/** The document with each `<!-- generated: name -->` … `<!-- end -->` filled in. */
async function fill(file: string, text: string): Promise<string> {
  const filled = text.replace(/(?<=<!-- generated: (\w+) -->\n)[^]*?(?=<!-- end -->)/g, (_, name: string) => {
    const table = TABLES[name];
    if (!table) throw new Error(`${file}: no table is called ${name}`);
    return `\n${table()}\n\n`;
  });
  return await format(filled, { ...(await resolveConfig(file)), filepath: file });
}

async function main(): Promise<void> {
  for (const file of DOCUMENTS) {
    const text = readFileSync(file, "utf8");
    const filled = await fill(file, text);
    if (filled === text) continue;
    if (process.argv.includes("--check")) {
      console.error(`${file} does not match the code: run "npm run docs" and commit it`);
      process.exitCode = 1;
    } else {
      writeFileSync(file, filled);
    }
  }
}

void main();
