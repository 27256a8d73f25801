import { z } from "zod";
import { ConfigError, loadConfig } from "../src/config/index";
import { Environment } from "../src/config/environment";

/** The first pattern that a variable's name matches decides in which table it stands. */
const GROUPS: readonly (readonly [RegExp, string])[] = [
  [/^LIMIT_(WEBHOOK|CONCURRENT_WEBHOOKS)/, "limits-webhooks"],
  [/^LIMIT_(SUBSCRIPTION|WEBSOCKET)/, "limits-subscriptions"],
  [/^LIMIT_(CONNECTIONS|CONCURRENT|HEADER|BODY|BODIES)/, "limits-transport"],
  [/^LIMIT_(NODES|RESPONSE|PROVIDER|LEDGER|OPERATION|STORE)/, "limits-execution"],
  [/^LIMIT_/, "limits-documents"],
  [/^AVIBRA_(?!SANDBOX)/, "avibra"],
  [/^DELBANK_(?!SANDBOX)/, "delbank"],
  [/^(SUBSCRIPTION|WEBSOCKET)_/, "subscriptions"],
  [/^(AUTH|ROUTER)_/, "auth"],
  [/^(READ_CACHE|BREAKER|RETRY|QUEUE|CONNECT_TIMEOUT)/, "providers"],
  [/^(DATA|LEDGER|ENCRYPTION)/, "database"],
  [/^(OPERATION|REQUEST|RECONCILE|CONFIRMATION|KEYED|WEBHOOK)_/, "operations"],
  [/^(LOG|EXPOSE|PLAYGROUND|TRACE|TRACING|OTEL|METRICS)/, "observability"],
  [/^(PROVIDERS|ALLOW|NODE_ENV)|SANDBOX/, "mode"],
  [/^(HOST|PORT|MANAGEMENT|TLS|RECEIVE|SEND|KEEP_ALIVE|SHUTDOWN)/, "server"],
];

/** The variables that live mode requires, by the configuration's own refusal. */
function findRequiredVariables(): Set<string> {
  try {
    loadConfig({ PROVIDERS: "live" });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return new Set([...error.message.matchAll(/^ {2}(\w+): is required/gm)].map(([, name = ""]) => name));
  }
  throw new Error("live mode requires no variable");
}

function findGroup(name: string): string {
  const group = GROUPS.find(([pattern]) => pattern.test(name))?.[1];
  if (!group) throw new Error(`${name} belongs to no table: add a pattern to .ci/docs-variables.ts`);
  return group;
}

/** One table for each group, `variables-<group>`, in the order of src/config/environment.ts. */
export function renderVariableTables(): Record<string, string> {
  const required = findRequiredVariables();
  const rows = new Map<string, string[]>(GROUPS.map(([, group]) => [group, []]));
  for (const [name, schema] of Object.entries<z.ZodType>(Environment.shape)) {
    const value = schema instanceof z.ZodDefault ? String(schema.def.defaultValue) : "";
    const fallback = value === "" ? "none" : `\`${value}\``;
    const cells = [`\`${name}\``, required.has(name) ? "required" : fallback, schema.description ?? ""];
    rows.get(findGroup(name))?.push(`| ${cells.join(" | ")} |`);
  }
  return Object.fromEntries(
    [...rows].map(([group, lines]) => [
      `variables-${group}`,
      ["| variable | default | meaning |", "| --- | --- | --- |", ...lines].join("\n"),
    ]),
  );
}
