import { z } from "zod";
import { variableGroups } from "../src/config/environment";
import { ConfigError } from "../src/config/config.errors";
import { loadConfig } from "../src/config/index";
import { isVariable, type VariableGroup } from "../src/config/variable";

/** The variables that live mode requires, as the configuration itself reports them. */
function findRequiredVariables(): Set<string> {
  try {
    loadConfig({ PROVIDERS: "live" });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return new Set([...error.message.matchAll(/^ {2}(\w+): is required/gm)].map(([, name = ""]) => name));
  }
  throw new Error("live mode requires no variable");
}

function renderRow(name: string, schema: z.ZodType, isRequired: boolean): string {
  const value = schema instanceof z.ZodDefault ? String(schema.def.defaultValue) : "";
  const fallback = value === "" ? "none" : `\`${value}\``;
  return `| ${[`\`${name}\``, isRequired ? "required" : fallback, schema.description ?? ""].join(" | ")} |`;
}

/** One table for each group that has variables: `variables-read-cache` for `config.readCache`. */
export function renderVariableTables(): Record<string, string> {
  const required = findRequiredVariables();
  const tables: Record<string, string> = {};
  function renderGroup(name: string, group: VariableGroup): void {
    const rows: string[] = [];
    for (const [key, node] of Object.entries(group)) {
      if (isVariable(node)) rows.push(renderRow(node.name, node.schema, required.has(node.name)));
      else renderGroup(`${name}-${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, node);
    }
    if (rows.length === 0) return;
    tables[name] = ["| variable | default | meaning |", "| --- | --- | --- |", ...rows].join("\n");
  }
  renderGroup("variables", variableGroups);
  return tables;
}
