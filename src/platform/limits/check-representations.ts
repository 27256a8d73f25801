import { type Variables } from "./check-variables";
import { type EntitiesField } from "./entities-field";
import { type Limits, overLimit } from "./limit.errors";

type VariableUse = EntitiesField["variables"][number];

function itemsOf({ name, fallback }: VariableUse, variables: Variables): readonly unknown[] {
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  return value === undefined ? fallback : Array.isArray(value) ? value : [value];
}

/** Texts, so that the same representation counts once. Two spellings of one are two: that errs on the side of refusing. */
function* textsOf(entities: readonly EntitiesField[], variables: Variables): Generator<string> {
  const seen = new Set<string>();
  for (const field of entities) {
    yield* field.literals;
    for (const use of field.variables) {
      if (seen.has(use.name)) continue;
      seen.add(use.name);
      for (const item of itemsOf(use, variables)) yield JSON.stringify(item);
    }
  }
}

/** Holds the representations of all `_entities` of a request to their limits. Throws `LIMIT_EXCEEDED`. */
export function checkRepresentations(entities: readonly EntitiesField[], variables: Variables, limits: Limits): void {
  let asked = 0;
  let work = 0;
  for (const { literals, variables: uses, weight } of entities) {
    const count = uses.reduce((sum, use) => sum + itemsOf(use, variables).length, literals.length);
    asked += count;
    work += count * weight;
  }
  if (work > limits.entityFields) throw overLimit(limits, "entityFields");
  if (asked <= limits.representations) return;
  const different = new Set<string>();
  for (const text of textsOf(entities, variables)) {
    different.add(text);
    if (different.size > limits.representations) throw overLimit(limits, "representations");
  }
}
