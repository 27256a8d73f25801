import { getNullableType, GraphQLID, type GraphQLResolveInfo, type GraphQLSchema, isObjectType } from "graphql";
import { SubgraphError } from "../errors/subgraph-error";

/** Limit of a request over all its `_entities` fields: a representation can have two bytes, and each causes an error. */
const MAX_UNKNOWN_REPRESENTATIONS = 100;

type Representation = Readonly<Record<string, unknown>> & { readonly __typename: string };

function createUnknownTypeError(): SubgraphError {
  return new SubgraphError("BAD_USER_INPUT", {
    message: "A representation must be of a type that this subgraph resolves.",
  });
}

/** Names of a type's fields of type ID. */
function getIdFields(schema: GraphQLSchema, typeName: string): readonly string[] {
  const type = schema.getType(typeName);
  if (!isObjectType(type)) throw new Error(`${typeName} is not an object type`);
  const fields = Object.values(type.getFields());
  return fields.filter((field) => getNullableType(field.type) === GraphQLID).map(({ name }) => name);
}

/** Coerces integer IDs to text as GraphQL does. Skips integers that a JavaScript number cannot represent exactly. */
function coerceIds(representation: Representation, idFields: readonly string[]): Representation {
  const integerIds = idFields.filter(
    (name) => Object.hasOwn(representation, name) && Number.isSafeInteger(representation[name]),
  );
  if (integerIds.length === 0) return representation;
  return { ...representation, ...Object.fromEntries(integerIds.map((name) => [name, String(representation[name])])) };
}

/**
 * Wraps `_entities` to resolve each representation separately, so that an error affects only its own item. Otherwise a
 * representation of an unknown type fails the whole list with an internal error, and a type without a resolver is not checked.
 */
export function isolateRepresentationErrors(schema: GraphQLSchema, entityNames: readonly string[]): void {
  const field = schema.getQueryType()?.getFields()["_entities"];
  const resolve = field?.resolve;
  if (!field || !resolve) throw new Error("the schema has no resolver for _entities");
  const idFields = new Map(entityNames.map((name) => [name, getIdFields(schema, name)]));

  /** By the object of variables, which graphql-js creates once for each execution. */
  const unknownCounts = new WeakMap<object, number>();
  function countUnknown({ variableValues }: GraphQLResolveInfo, added: number): number {
    const count = (unknownCounts.get(variableValues) ?? 0) + added;
    unknownCounts.set(variableValues, count);
    return count;
  }

  function parseRepresentation(value: unknown): Representation | undefined {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, "__typename")) return undefined;
    const representation = value as Representation;
    const ids = typeof representation.__typename === "string" ? idFields.get(representation.__typename) : undefined;
    return ids && coerceIds(representation, ids);
  }

  field.resolve = (source, args: { readonly representations: readonly unknown[] }, ...rest) => {
    const [, info] = rest;
    const representations = args.representations.map(parseRepresentation);
    const added = representations.filter((representation) => representation === undefined).length;
    if (added > 0 && countUnknown(info, added) > MAX_UNKNOWN_REPRESENTATIONS) throw createUnknownTypeError();
    return representations.map((representation): unknown => {
      if (representation === undefined) return createUnknownTypeError(); // graphql-js reports it for the item
      try {
        return (resolve(source, { representations: [representation] }, ...rest) as readonly unknown[])[0];
      } catch (error) {
        return error instanceof Error ? error : new Error("a representation could not be resolved", { cause: error });
      }
    });
  };
}
