import { getNullableType, GraphQLID, type GraphQLResolveInfo, type GraphQLSchema, isObjectType } from "graphql";
import { SubgraphError } from "../errors/subgraph-error";

/** More of them in one request, in all of its `_entities` fields, are no accident: a representation has as little as two bytes. */
const MAX_FOREIGN = 100;

type Representation = Readonly<Record<string, unknown>> & { readonly __typename: string };

function foreign(): SubgraphError {
  return new SubgraphError("BAD_USER_INPUT", {
    message: "A representation must be of a type that this subgraph resolves.",
  });
}

/** The names of a type's fields that are IDs. */
function idFieldsOf(schema: GraphQLSchema, typeName: string): readonly string[] {
  const type = schema.getType(typeName);
  if (!isObjectType(type)) throw new Error(`${typeName} is no object type`);
  const fields = Object.values(type.getFields());
  return fields.filter((field) => getNullableType(field.type) === GraphQLID).map(({ name }) => name);
}

/** As GraphQL coerces IDs: an integer is the text of its digits. An integer that a number cannot hold has lost some: not read. */
function withTextIds(representation: Representation, idFields: readonly string[]): Representation {
  const changed = idFields.filter(
    (name) => Object.hasOwn(representation, name) && Number.isSafeInteger(representation[name]),
  );
  if (changed.length === 0) return representation;
  return { ...representation, ...Object.fromEntries(changed.map((name) => [name, String(representation[name])])) };
}

/**
 * Wraps `_entities`: each representation is resolved by itself, so that what is wrong with one is that item's error. Without this a
 * representation of a foreign type fails the whole list as an internal error, and one of a type without a resolver is believed.
 */
export function resolveRepresentationsAlone(schema: GraphQLSchema, ours: readonly string[]): void {
  const field = schema.getQueryType()?.getFields()["_entities"];
  const resolve = field?.resolve;
  if (!field || !resolve) throw new Error("a federation subgraph resolves _entities");
  const idFields = new Map(ours.map((name) => [name, idFieldsOf(schema, name)]));

  /** By the variables of an execution: graphql-js makes one such object for each. */
  const foreignOf = new WeakMap<object, number>();
  function countForeign({ variableValues }: GraphQLResolveInfo, added: number): number {
    const count = (foreignOf.get(variableValues) ?? 0) + added;
    foreignOf.set(variableValues, count);
    return count;
  }

  function read(one: unknown): Representation | undefined {
    if (typeof one !== "object" || one === null || !Object.hasOwn(one, "__typename")) return undefined;
    const representation = one as Representation;
    const ids = typeof representation.__typename === "string" ? idFields.get(representation.__typename) : undefined;
    return ids && withTextIds(representation, ids);
  }

  field.resolve = (source, args: { readonly representations: readonly unknown[] }, ...rest) => {
    const [, info] = rest;
    const representations = args.representations.map(read);
    const added = representations.filter((one) => one === undefined).length;
    if (added > 0 && countForeign(info, added) > MAX_FOREIGN) throw foreign();
    return representations.map((one): unknown => {
      if (one === undefined) return foreign(); // an error as an item is that item's error
      try {
        return (resolve(source, { representations: [one] }, ...rest) as readonly unknown[])[0];
      } catch (error) {
        return error instanceof Error ? error : new Error("a representation could not be resolved", { cause: error });
      }
    });
  };
}
