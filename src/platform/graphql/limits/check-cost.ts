import { type Cost } from "./estimate-cost";
import { countValues, type Variables } from "./check-variables";
import { type OperationVariable } from "./operation-variables";
import { type QueryCost } from "./query-cost";
import { type Limits } from "./derive-limits";
import { createLimitError } from "./limit.errors";

const getVariableValue = ({ name }: OperationVariable, variables: Variables): unknown =>
  Object.hasOwn(variables, name) ? variables[name] : undefined;

/** The request's value for a variable of representations; undefined if the variable's default applies. */
function getRepresentations(variable: OperationVariable, variables: Variables): readonly unknown[] | undefined {
  const value = getVariableValue(variable, variables);
  return value === undefined || Array.isArray(value) ? value : [value];
}

/** Representations as text, to count equal ones once. Two spellings of one representation count as two. */
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

/** Completes the query cost with the request's variables. Throws `LIMIT_EXCEEDED`. */
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
  // Before the representations are serialized: the cost bounds their number.
  if (cost > limits.cost) throw createLimitError(limits, "cost");
  if (representations <= limits.representations) return;

  const distinct = new Set<string>();
  for (const text of serializeRepresentations(queryCost, variables)) {
    distinct.add(text);
    if (distinct.size > limits.representations) throw createLimitError(limits, "representations");
  }
}
