import { type Limits, createLimitError } from "./limit.errors";

export type Variables = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Holds a request's variables to their limits, level by level: JSON of any depth costs no stack. Throws `LIMIT_EXCEEDED`. */
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
      for (const child of children) if (isObject(child)) nextLevel.push(child);
    }
    level = nextLevel;
  }
  checkObjects(Object.values(variables), limits);
}

/** Of an object that does not fit its type, graphql-js tells each mistake with all of the object in it. */
function checkObjects(values: readonly unknown[], limits: Limits): void {
  for (const value of values) {
    if (Array.isArray(value)) checkObjects(value, limits);
    else if (isObject(value)) {
      if (countValues(value) - 1 > limits.variables) throw createLimitError(limits, "variables");
      if (JSON.stringify(value).length > limits.characters) throw createLimitError(limits, "characters");
    }
  }
}

/** How many values one variable holds, itself included. For variables that are within their limits. */
export function countValues(value: unknown): number {
  if (!isObject(value)) return 1;
  return Object.values(value).reduce<number>((sum, child) => sum + countValues(child), 1);
}
