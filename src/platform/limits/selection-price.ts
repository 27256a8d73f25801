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
// graphql-js' own collector, so that fragments, conditions and repeated names count as they are executed.
import { collectSubfields } from "graphql/execution/collectFields.js";
import { type AnswerPrice, pathBytes, priceOfError } from "./answer-price";
import { sizeOf } from "./defined-variables";
import { hasNullArgument } from "./null-arguments";
import { isStaticSelection } from "./static-selection";

/** Serializing a custom scalar, a date above all, costs as much as completing some built-in ones. */
const CUSTOM_SCALAR_NODES = 3;
/** A number, a boolean, null, or an enum's value, on average; of a text its quotes. */
const LEAF_BYTES = 8;
/** Braces and a comma, or quotes, a colon and a comma around a name. */
const PUNCTUATION_BYTES = 4;

type Info = Pick<GraphQLResolveInfo, "schema" | "fragments" | "variableValues" | "path">;

/** What one item of a list costs, with all below it but the items of further lists: those are priced when they are known. */
function priceOfItem(item: GraphQLOutputType, nodes: readonly FieldNode[], info: Info): AnswerPrice {
  const type = getNullableType(item);
  if (isListType(type)) return { nodes: 1, bytes: PUNCTUATION_BYTES };
  if (isObjectType(type)) return priceOfObject(type, nodes, info);
  if (!isAbstractType(type)) return { nodes: leafNodes(type), bytes: LEAF_BYTES };
  const prices = info.schema.getPossibleTypes(type).map((possible) => priceOfObject(possible, nodes, info));
  return {
    nodes: Math.max(1, ...prices.map((price) => price.nodes)),
    bytes: Math.max(0, ...prices.map((price) => price.bytes)),
  };
}

function leafNodes(type: GraphQLOutputType): number {
  const named = getNamedType(type);
  return isEnumType(named) || isSpecifiedScalarType(named) ? 1 : CUSTOM_SCALAR_NODES;
}

interface KnownPrice {
  readonly item: GraphQLOutputType;
  readonly price: AnswerPrice;
}

/** By the node of a selection that is static: the same in every execution of its document, with which it is forgotten. */
const staticPrices = new WeakMap<FieldNode, KnownPrice>();
/** By the nodes of any other selection, which graphql-js collects once in an execution, with its variables. */
const executionPrices = new WeakMap<readonly FieldNode[], KnownPrice>();

/** The same as `priceOfItem`, computed once for all executions of a document if that is possible, else once in an execution. */
export function knownPriceOfItem(item: GraphQLOutputType, nodes: readonly FieldNode[], info: Info): AnswerPrice {
  const [first, ...more] = nodes;
  const only = more.length === 0 ? first : undefined;
  const found = (only && staticPrices.get(only)) ?? executionPrices.get(nodes);
  if (found?.item === item) return found.price;
  const price = priceOfItem(item, nodes, info);
  if (only && isStaticSelection(only, info.fragments)) staticPrices.set(only, { item, price });
  else executionPrices.set(nodes, { item, price });
  return price;
}

/** A field whose arguments graphql-js refuses never reaches its resolver, so its error is part of the item's price. */
function priceOfField(field: GraphQLField<unknown, unknown>, nodes: readonly FieldNode[], info: Info): AnswerPrice {
  const [first] = nodes;
  if (!first || !hasNullArgument(field, first, info.variableValues)) return priceOfItem(field.type, nodes, info);
  return priceOfError(pathBytes(info.path) + (first.alias ?? first.name).value.length);
}

function priceOfObject(type: GraphQLObjectType, nodes: readonly FieldNode[], info: Info): AnswerPrice {
  const { schema, fragments, variableValues } = info;
  let sum = 1;
  let bytes = PUNCTUATION_BYTES;
  const fields = type.getFields();
  for (const [responseName, fieldNodes] of collectSubfields(schema, fragments, variableValues, type, nodes)) {
    const [first] = fieldNodes;
    if (!first) continue;
    bytes += PUNCTUATION_BYTES + responseName.length;
    for (const { value } of first.arguments ?? []) sum += sizeOf(value); // read again for each item
    const field = fields[first.name.value]; // undefined: `__typename`
    const below = field ? priceOfField(field, fieldNodes, info) : { nodes: 1, bytes: LEAF_BYTES };
    sum += below.nodes;
    bytes += below.bytes;
  }
  return { nodes: sum, bytes };
}
