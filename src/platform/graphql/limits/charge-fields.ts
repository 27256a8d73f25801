import {
  defaultFieldResolver,
  getNullableType,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLList,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from "graphql";
import { type LimitedContext } from "./limited-context";
import { type ResponseBudget } from "./response-budget";
import { getItemCost } from "./selection-cost";

type Field = GraphQLField<unknown, unknown>;
type Resolver = GraphQLFieldResolver<unknown, unknown>;

/** Scalars whose text is always short. */
const SHORT_SCALARS = new Set(["Int", "Float", "Boolean", "DateTime"]);

/** The request's budget. Undefined if the schema is executed without one, for example in a test. */
const getBudget = (context: unknown) => (context as Partial<LimitedContext> | undefined)?.responseBudget;

const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === "function";

interface ChargeContext {
  readonly budget: ResponseBudget;
  readonly info: GraphQLResolveInfo;
}

const noop = () => undefined;

/** Passes the result of a resolver to `accept`, and charges its error to the budget, whether thrown or returned. */
function handleResult(
  resolve: () => unknown,
  { budget, info }: ChargeContext,
  accept: (value: unknown) => unknown,
): unknown {
  const fail = (error: unknown): never => {
    throw budget.chargeError(error, info.path);
  };
  const handleValue = (resolved: unknown) => (resolved instanceof Error ? fail(resolved) : accept(resolved));
  let value: unknown;
  try {
    value = resolve();
  } catch (error) {
    return fail(error);
  }
  return isPromise(value) ? value.then(handleValue, fail) : handleValue(value);
}

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === "object" && value !== null && Symbol.iterator in value;

/** Returns the list, or an empty list if the response exceeds its budget with it. */
function chargeList(value: unknown, list: GraphQLList<GraphQLOutputType>, { budget, info }: ChargeContext): unknown {
  if (!isIterable(value)) return value;
  const items = Array.isArray(value) ? (value as unknown[]) : [...value];
  if (items.length > 0 && !budget.charge(items.length, getItemCost(list.ofType, info.fieldNodes, info))) {
    for (const item of items) if (isPromise(item)) item.catch(noop); // no other code handles its rejection
    return [];
  }
  for (const item of items) if (typeof item === "string") budget.chargeText(item);
  const inner = getNullableType(list.ofType);
  if (!isListType(inner) && !items.some((item) => isPromise(item) || item instanceof Error)) return items;
  const fail = (error: unknown): never => {
    throw budget.chargeError(error, info.path);
  };
  const accept = (item: unknown): unknown => {
    if (item instanceof Error) return budget.chargeError(item, info.path); // graphql-js reports it for the item
    return isListType(inner) ? chargeList(item, inner, { budget, info }) : item;
  };
  return items.map((item) => (isPromise(item) ? item.then(accept, fail) : accept(item)));
}

/** Charges a list by its real length before its items are completed. Returns an empty list if that exceeds the budget. */
function wrapListResolver(resolve: Resolver, list: GraphQLList<GraphQLOutputType>): Resolver {
  return (...resolverArgs) => {
    const [, , context, info] = resolverArgs;
    const budget = getBudget(context);
    if (!budget) return resolve(...resolverArgs);
    if (budget.isExceeded()) return [];
    const chargeContext = { budget, info };
    return handleResult(
      () => resolve(...resolverArgs),
      chargeContext,
      (value) => chargeList(value, list, chargeContext),
    );
  };
}

function chargeText(value: unknown, context: unknown): unknown {
  if (typeof value === "string") getBudget(context)?.chargeText(value);
  return value;
}

/** Charges a text each time it is selected. */
function wrapTextResolver(resolve: Resolver): Resolver {
  return (...resolverArgs) => {
    const value = resolve(...resolverArgs);
    const [, , context] = resolverArgs;
    return isPromise(value) ? value.then((text) => chargeText(text, context)) : chargeText(value, context);
  };
}

/** Charges the text of an object's property. Most fields are properties, so this path is short. */
function createPropertyResolver(name: string): Resolver {
  return (source, _args, context) => chargeText((source as Record<string, unknown>)[name], context);
}

/** Charges errors. Does not call the resolver if the response exceeds its budget. */
function wrapResolver(resolve: Resolver, { type }: Field): Resolver {
  const isNullable = !isNonNullType(type);
  return (...resolverArgs) => {
    const [, , context, info] = resolverArgs;
    const budget = getBudget(context);
    if (!budget) return resolve(...resolverArgs);
    if (budget.isExceeded() && isNullable) return null;
    budget.assertWithin();
    return handleResult(
      () => resolve(...resolverArgs),
      { budget, info },
      (value) => value,
    );
  };
}

function wrapField(field: Field): Resolver | undefined {
  const { name, resolve } = field;
  const type = getNullableType(field.type);
  if (isListType(type)) return wrapListResolver(resolve ?? defaultFieldResolver, type);
  const isText = isScalarType(type) && !SHORT_SCALARS.has(type.name);
  if (!resolve) return isText ? createPropertyResolver(name) : undefined;
  return wrapResolver(isText ? wrapTextResolver(resolve) : resolve, field);
}

/** All schemas of a process share the introspection types of graphql-js, so these are wrapped once. */
const wrappedFields = new WeakSet<Field>();

/**
 * Wraps the fields of the schema, including those of introspection: their results are charged to `responseBudget` of the
 * context. Without a budget, the fields behave as before.
 */
export function chargeFields(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (wrappedFields.has(field)) continue;
      wrappedFields.add(field);
      const resolve = wrapField(field);
      if (resolve) field.resolve = resolve;
    }
  }
}
