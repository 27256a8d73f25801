import { type Price } from "./branch-price";
import { countValues, type Variables } from "./check-variables";
import { type Variable } from "./defined-variables";
import { type DocumentWork } from "./document-work";
import { type Limits, overLimit } from "./limit.errors";

const valueOf = ({ name }: Variable, variables: Variables): unknown =>
  Object.hasOwn(variables, name) ? variables[name] : undefined;

/** What the request gives for a variable of representations; undefined where its default stands. */
function givenItems(variable: Variable, variables: Variables): readonly unknown[] | undefined {
  const value = valueOf(variable, variables);
  return value === undefined || Array.isArray(value) ? value : [value];
}

/** Texts, so that the same representation counts once. Two spellings of one are two: that errs on the side of refusing. */
function* textsOf({ literals, forEach }: DocumentWork, variables: Variables): Generator<string> {
  yield* literals;
  for (const variable of forEach.keys()) {
    const given = givenItems(variable, variables);
    if (given) for (const item of given) yield JSON.stringify(item);
    else yield* variable.items;
  }
}

/** Holds what an operation would work through with these variables to its limits. Throws `LIMIT_EXCEEDED`. */
export function checkCost(work: DocumentWork, variables: Variables, limits: Limits): void {
  const sizes = new Map<string, number>();
  function sizeOf(variable: Variable): number {
    const value = valueOf(variable, variables);
    if (value === undefined) return variable.size;
    const size = sizes.get(variable.name) ?? countValues(value);
    sizes.set(variable.name, size);
    return size;
  }
  const costOf = ({ weight, uses }: Price) =>
    [...uses].reduce((sum, [variable, times]) => sum + times * sizeOf(variable), weight);

  let cost = costOf(work.once);
  let representations = work.literals.size;
  for (const [variable, each] of work.forEach) {
    const count = (givenItems(variable, variables) ?? variable.items).length;
    cost += costOf(each) * count;
    representations += count;
  }
  // First: it needs no look at the representations themselves, and bounds how many there are to look at.
  if (cost > limits.cost) throw overLimit(limits, "cost");
  if (representations <= limits.representations) return;

  const different = new Set<string>();
  for (const text of textsOf(work, variables)) {
    different.add(text);
    if (different.size > limits.representations) throw overLimit(limits, "representations");
  }
}
