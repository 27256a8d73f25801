import { type Branch } from "./document-work";
import { countValues, type Variables } from "./check-variables";
import { type Limits, overLimit } from "./limit.errors";

type Representations = NonNullable<Branch["representations"]>;

const valueOf = (name: string, variables: Variables): unknown =>
  Object.hasOwn(variables, name) ? variables[name] : undefined;

function itemsOf({ name, fallback }: Representations["variables"][number], variables: Variables): readonly unknown[] {
  const value = valueOf(name, variables);
  return value === undefined ? fallback : Array.isArray(value) ? value : [value];
}

const countOf = ({ literals, variables: uses }: Representations, variables: Variables): number =>
  uses.reduce((sum, use) => sum + itemsOf(use, variables).length, literals.length);

/** Texts, so that the same representation counts once. Two spellings of one are two: that errs on the side of refusing. */
function* textsOf(asked: readonly Representations[], variables: Variables): Generator<string> {
  const given = asked.flatMap(({ variables: uses }) => uses.map((use) => itemsOf(use, variables)));
  for (const literals of new Set(asked.map((one) => one.literals))) yield* literals;
  for (const items of new Set(given)) for (const item of items) yield JSON.stringify(item);
}

/** Holds what an operation would work through with these variables to its limits. Throws `LIMIT_EXCEEDED`. */
export function checkCost(branches: readonly Branch[], variables: Variables, limits: Limits): void {
  const sizes = new Map<string, number>();
  const sizeOf = (name: string, fallback: number): number => {
    const value = valueOf(name, variables);
    if (value === undefined) return fallback;
    const size = sizes.get(name) ?? countValues(value);
    sizes.set(name, size);
    return size;
  };

  let cost = 0;
  const asked: Representations[] = [];
  for (const { weight, inputs, representations } of branches) {
    const once = inputs.reduce((sum, { name, fallback }) => sum + sizeOf(name, fallback), weight);
    cost += representations ? once * countOf(representations, variables) : once;
    if (representations) asked.push(representations);
  }
  // First: it needs no look at the representations themselves, and bounds how many there are to look at.
  if (cost > limits.cost) throw overLimit(limits, "cost");

  if (asked.reduce((sum, one) => sum + countOf(one, variables), 0) > limits.representations) {
    const different = new Set<string>();
    for (const text of textsOf(asked, variables)) {
      different.add(text);
      if (different.size > limits.representations) throw overLimit(limits, "representations");
    }
  }
}
