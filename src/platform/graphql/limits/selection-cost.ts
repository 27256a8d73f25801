import {
  type FieldNode,
  getNamedType,
  getNullableType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  isAbstractType,
  isEnumType,
  isListType,
  isObjectType,
  isSpecifiedScalarType,
} from "graphql";
// The collector of graphql-js itself, so that fragments, conditions and repeated names count as they are executed.
import { collectSubfields } from "graphql/execution/collectFields.js";
import { type ResponseCost, countPathBytes, estimateErrorCost } from "./response-cost";
import { countLiteralValues } from "./operation-variables";
import { hasNullArgument } from "./null-arguments";
import { isStaticSelection } from "./static-selection";

/** Serializing a custom scalar, for example a date, costs as much as completing three built-in ones. */
const CUSTOM_SCALAR_NODES = 3;
/** Average of numbers, booleans, null and enum values; for a text, its quotes. */
const LEAF_BYTES = 8;
/** Braces and a comma, or quotes, a colon and a comma around a name. */
const PUNCTUATION_BYTES = 4;

type ResolveInfo = Pick<GraphQLResolveInfo, "schema" | "fragments" | "variableValues" | "path">;

/** The cost of one list item with its selections, except for items of nested lists: these are charged when their number is known. */
function estimateItemCost(item: GraphQLOutputType, nodes: readonly FieldNode[], info: ResolveInfo): ResponseCost {
  const type = getNullableType(item);
  if (isListType(type)) return { nodes: 1, bytes: PUNCTUATION_BYTES };
  if (isObjectType(type)) return estimateObjectCost(type, nodes, info);
  if (!isAbstractType(type)) return { nodes: countLeafNodes(type), bytes: LEAF_BYTES };
  const costs = info.schema.getPossibleTypes(type).map((possible) => estimateObjectCost(possible, nodes, info));
  return {
    nodes: Math.max(1, ...costs.map((cost) => cost.nodes)),
    bytes: Math.max(0, ...costs.map((cost) => cost.bytes)),
  };
}

function countLeafNodes(type: GraphQLOutputType): number {
  const named = getNamedType(type);
  return isEnumType(named) || isSpecifiedScalarType(named) ? 1 : CUSTOM_SCALAR_NODES;
}

interface CachedCost {
  readonly item: GraphQLOutputType;
  readonly cost: ResponseCost;
}

/** Costs of static selections, by node: valid for every execution of the document, and released with it. */
const staticCosts = new WeakMap<FieldNode, CachedCost>();
/** Costs of other selections, by the list of nodes that graphql-js collects once for each execution. */
const executionCosts = new WeakMap<readonly FieldNode[], CachedCost>();

/** `estimateItemCost`, cached for all executions of a document if the selection is static, otherwise for one execution. */
export function getItemCost(item: GraphQLOutputType, nodes: readonly FieldNode[], info: ResolveInfo): ResponseCost {
  const [first, ...more] = nodes;
  const singleNode = more.length === 0 ? first : undefined;
  const cached = (singleNode && staticCosts.get(singleNode)) ?? executionCosts.get(nodes);
  if (cached?.item === item) return cached.cost;
  const cost = estimateItemCost(item, nodes, info);
  if (singleNode && isStaticSelection(singleNode, info.fragments)) staticCosts.set(singleNode, { item, cost });
  else executionCosts.set(nodes, { item, cost });
  return cost;
}

/** If graphql-js rejects a field's arguments, no resolver runs that could charge the error: the item's cost includes it. */
function estimateFieldCost(
  field: GraphQLField<unknown, unknown>,
  nodes: readonly FieldNode[],
  info: ResolveInfo,
): ResponseCost {
  const [first] = nodes;
  if (!first || !hasNullArgument(field, first, info.variableValues)) return estimateItemCost(field.type, nodes, info);
  return estimateErrorCost(countPathBytes(info.path) + (first.alias ?? first.name).value.length);
}

function estimateObjectCost(type: GraphQLObjectType, nodes: readonly FieldNode[], info: ResolveInfo): ResponseCost {
  const { schema, fragments, variableValues } = info;
  let nodeCount = 1;
  let bytes = PUNCTUATION_BYTES;
  const fields = type.getFields();
  for (const [responseName, fieldNodes] of collectSubfields(schema, fragments, variableValues, type, nodes)) {
    const [first] = fieldNodes;
    if (!first) continue;
    bytes += PUNCTUATION_BYTES + responseName.length;
    for (const { value } of first.arguments ?? []) nodeCount += countLiteralValues(value); // coerced again for each item
    const field = fields[first.name.value]; // undefined: `__typename`
    const fieldCost = field ? estimateFieldCost(field, fieldNodes, info) : { nodes: 1, bytes: LEAF_BYTES };
    nodeCount += fieldCost.nodes;
    bytes += fieldCost.bytes;
  }
  return { nodes: nodeCount, bytes };
}
