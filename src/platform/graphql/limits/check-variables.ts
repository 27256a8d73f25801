import { type Limits } from "./derive-limits";
import { isRecord } from "./is-record";
import { createLimitError } from "./limit.errors";

export type Variables = Readonly<Record<string, unknown>>;

/** Checks the variables of a request level by level, without recursion: JSON can be nested to any depth. Throws `LIMIT_EXCEEDED`. */
export function checkVariables(variables: Variables, limits: Limits): void {
  let level: object[] = [variables];
  let values = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limits.inputDepth) throw createLimitError(limits, "inputDepth");
    const nextLevel: object[] = [];
    for (const parent of level) {
      const children: unknown[] = Array.isArray(parent) ? parent : Object.values(parent);
      if (depth === 0 && children.length > limits.variables) throw createLimitError(limits, "variables");
      values += children.length;
      if (values > limits.inputValues) throw createLimitError(limits, "inputValues");
      for (const child of children) if (isRecord(child)) nextLevel.push(child);
    }
    level = nextLevel;
  }
  checkObjects(Object.values(variables), limits);
}

/** graphql-js repeats the whole object in the message of each error in it. */
function checkObjects(values: readonly unknown[], limits: Limits): void {
  for (const value of values) {
    if (Array.isArray(value)) checkObjects(value, limits);
    else if (isRecord(value)) {
      if (countValues(value) - 1 > limits.variables) throw createLimitError(limits, "variables");
      if (JSON.stringify(value).length > limits.characters) throw createLimitError(limits, "characters");
    }
  }
}

/** Counts the values of one variable, itself included. Recursive: call it only after `checkVariables`. */
export function countValues(value: unknown): number {
  if (!isRecord(value)) return 1;
  return Object.values(value).reduce<number>((sum, child) => sum + countValues(child), 1);
}
