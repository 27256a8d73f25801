import { type z } from "zod";

/** An environment variable: its name, and what its text is parsed as. */
export interface Variable<Schema extends z.ZodType = z.ZodType> {
  readonly name: string;
  /** Has the description that the documentation's tables show. */
  readonly schema: Schema;
}

/** Variables by their name in the code; a group may hold groups. */
export interface VariableGroup {
  readonly [name: string]: Variable | VariableGroup;
}

/** What a group is read as. */
export type ValuesOf<Group> = {
  readonly [Name in keyof Group]: Group[Name] extends Variable<infer Schema> ? z.output<Schema> : ValuesOf<Group[Name]>;
};

/** The environment's texts by the names of the variables, before they are parsed. */
export type RawEnvironment = Readonly<Record<string, string | undefined>>;

/** Values that the sandbox uses for variables that are not set, by the variables' names. */
export type SandboxDefaults = (environment: RawEnvironment) => Record<string, string>;

export function variable<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  description: string,
): Variable<Schema> {
  return { name, schema: schema.describe(description) };
}

export const isVariable = (node: Variable | VariableGroup): node is Variable => typeof node["name"] === "string";
