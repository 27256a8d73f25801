import { type Cost } from "./estimate-cost";
import { countValues, type Variables } from "./check-variables";
import { type OperationVariable } from "./operation-variables";
import { type QueryCost } from "./query-cost";
import { type Limits, createLimitError } from "./limit.errors";

const getVariableValue = ({ name }: OperationVariable, variables: Variables): unknown =>
  Object.hasOwn(variables, name) ? variables[name] : undefined;

/** What the request gives for a variable of representations; undefined where its default stands. */
function getRepresentations(variable: OperationVariable, variables: Variables): readonly unknown[] | undefined {
  const value = getVariableValue(variable, variables);
  return value === undefined || Array.isArray(value) ? value : [value];
}

/** Texts, so that the same representation counts once. Two spellings of one are two: that errs on the side of refusing. */
function* serializeRepresentations(
  { literals, perRepresentation }: QueryCost,
  variables: Variables,
): Generator<string> {
  yield* literals;
  for (const variable of perRepresentation.keys()) {
    const representations = getRepresentations(variable, variables);
    if (representations) for (const item of representations) yield JSON.stringify(item);
    else yield* variable.defaultItems;
  }
}

/** Holds what an operation would work through with these variables to its limits. Throws `LIMIT_EXCEEDED`. */
export function checkCost(queryCost: QueryCost, variables: Variables, limits: Limits): void {
  const sizes = new Map<string, number>();
  function getSize(variable: OperationVariable): number {
    const value = getVariableValue(variable, variables);
    if (value === undefined) return variable.defaultSize;
    const size = sizes.get(variable.name) ?? countValues(value);
    sizes.set(variable.name, size);
    return size;
  }
  const computeCost = ({ weight, uses }: Cost) =>
    [...uses].reduce((sum, [variable, times]) => sum + times * getSize(variable), weight);

  let cost = computeCost(queryCost.base);
  let representations = queryCost.literals.size;
  for (const [variable, itemCost] of queryCost.perRepresentation) {
    const count = (getRepresentations(variable, variables) ?? variable.defaultItems).length;
    cost += computeCost(itemCost) * count;
    representations += count;
  }
  // First: it needs no look at the representations themselves, and bounds how many there are to look at.
  if (cost > limits.cost) throw createLimitError(limits, "cost");
  if (representations <= limits.representations) return;

  const distinct = new Set<string>();
  for (const text of serializeRepresentations(queryCost, variables)) {
    distinct.add(text);
    if (distinct.size > limits.representations) throw createLimitError(limits, "representations");
  }
}
