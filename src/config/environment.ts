import { z } from "zod";
import { PROVIDERS } from "../app/providers";
import { isVariable, type ValuesOf, type VariableGroup } from "./variable";
import { authVariables } from "./variables/auth";
import { databaseVariables } from "./variables/database";
import { limitsVariables } from "./variables/limits";
import { modeVariables } from "./variables/mode";
import { operationsVariables } from "./variables/operations";
import { providerCallsVariables } from "./variables/provider-calls";
import { readCacheVariables } from "./variables/read-cache";
import { serverVariables } from "./variables/server";
import { subscriptionsVariables } from "./variables/subscriptions";
import { telemetryVariables } from "./variables/telemetry";
import { webhooksVariables } from "./variables/webhooks";

type ProviderVariables = { readonly [Name in keyof typeof PROVIDERS]: (typeof PROVIDERS)[Name]["variables"] };

const providerVariables = Object.fromEntries(
  Object.entries(PROVIDERS).map(([name, { variables }]) => [name, variables]),
) as unknown as ProviderVariables;

/** Every variable that is read, in the groups of `Config`. The tables of the documentation are generated from it. */
export const variableGroups = {
  mode: modeVariables,
  server: serverVariables,
  ...providerVariables,
  auth: authVariables,
  database: databaseVariables,
  operations: operationsVariables,
  webhooks: webhooksVariables,
  providerCalls: providerCallsVariables,
  readCache: readCacheVariables,
  subscriptions: subscriptionsVariables,
  telemetry: telemetryVariables,
  limits: limitsVariables,
};

export type ConfigGroups = ValuesOf<typeof variableGroups>;

function listSchemas(group: VariableGroup): [string, z.ZodType][] {
  return Object.values(group).flatMap((node): [string, z.ZodType][] =>
    isVariable(node) ? [[node.name, node.schema]] : listSchemas(node),
  );
}

/** Every variable by its name in the environment. */
export const Environment = z.object(Object.fromEntries(listSchemas(variableGroups)));

/** The names of the variables that end with the suffix, for example `_URL`. */
export function listVariableNames(suffix: string): string[] {
  return Object.keys(Environment.shape).filter((name) => name.endsWith(suffix));
}

function groupValues(group: VariableGroup, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(group).map(([name, node]) => [
      name,
      isVariable(node) ? values[node.name] : groupValues(node, values),
    ]),
  );
}

/** Parsed variables in their groups. */
export function toConfigGroups(values: z.output<typeof Environment>): ConfigGroups {
  return groupValues(variableGroups, values) as ConfigGroups;
}
