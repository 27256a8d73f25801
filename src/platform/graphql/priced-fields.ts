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
import { type AnswerBudget } from "../limits/answer-budget";
import { knownPriceOfItem } from "../limits/selection-price";

type Field = GraphQLField<unknown, unknown>;
type Resolver = GraphQLFieldResolver<unknown, unknown>;

/** Scalars that are never long. */
const SHORT = new Set(["Int", "Float", "Boolean", "DateTime"]);

/** The request's budget; none where something else is executed, a test's own query for example. */
const budgetIn = (context: unknown) => (context as { readonly answer?: AnswerBudget } | undefined)?.answer;

const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === "function";

interface Charging {
  readonly budget: AnswerBudget;
  readonly info: GraphQLResolveInfo;
}

const ignore = () => undefined;

/** Gives what a resolver answers to `accept`, and what it fails with to the budget: thrown, or returned as a value. */
function settle(work: () => unknown, { budget, info }: Charging, accept: (value: unknown) => unknown): unknown {
  const fail = (error: unknown): never => {
    throw budget.errorFor(error, info.path);
  };
  const take = (given: unknown) => (given instanceof Error ? fail(given) : accept(given));
  let value: unknown;
  try {
    value = work();
  } catch (error) {
    return fail(error);
  }
  return isPromise(value) ? value.then(take, fail) : take(value);
}

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === "object" && value !== null && Symbol.iterator in value;

/** What of a list may be completed: all of it, or nothing where the answer is over its budget then. */
function charge(value: unknown, list: GraphQLList<GraphQLOutputType>, { budget, info }: Charging): unknown {
  if (!isIterable(value)) return value;
  const items = Array.isArray(value) ? (value as unknown[]) : [...value];
  if (items.length > 0 && !budget.take(items.length, knownPriceOfItem(list.ofType, info.fieldNodes, info))) {
    for (const item of items) if (isPromise(item)) item.catch(ignore); // nobody waits for it any more
    return [];
  }
  for (const item of items) if (typeof item === "string") budget.takeText(item);
  const inner = getNullableType(list.ofType);
  if (!isListType(inner) && !items.some((item) => isPromise(item) || item instanceof Error)) return items;
  const fail = (error: unknown): never => {
    throw budget.errorFor(error, info.path);
  };
  const accept = (item: unknown): unknown => {
    if (item instanceof Error) return budget.errorFor(item, info.path); // as an item it is that item's error
    return isListType(inner) ? charge(item, inner, { budget, info }) : item;
  };
  return items.map((item) => (isPromise(item) ? item.then(accept, fail) : accept(item)));
}

/** Charges a list by its real length before its items are completed; what is over the budget is answered as an empty list. */
function pricedList(resolve: Resolver, list: GraphQLList<GraphQLOutputType>): Resolver {
  return (...call) => {
    const [, , context, info] = call;
    const budget = budgetIn(context);
    if (!budget) return resolve(...call);
    if (budget.isOver()) return [];
    const charging = { budget, info };
    return settle(
      () => resolve(...call),
      charging,
      (value) => charge(value, list, charging),
    );
  };
}

function chargeText(value: unknown, context: unknown): unknown {
  if (typeof value === "string") budgetIn(context)?.takeText(value);
  return value;
}

/** Charges a text each time that it is selected. */
function pricedText(resolve: Resolver): Resolver {
  return (...call) => {
    const value = resolve(...call);
    const [, , context] = call;
    return isPromise(value) ? value.then((text) => chargeText(text, context)) : chargeText(value, context);
  };
}

/** The same of a plain object's own member: most fields are that, so it is kept lean. */
function pricedMember(name: string): Resolver {
  return (source, _args, context) => chargeText((source as Record<string, unknown>)[name], context);
}

/** Charges errors; asks for nothing more once the answer is over its budget. */
function pricedErrors(resolve: Resolver, { type }: Field): Resolver {
  const isNullable = !isNonNullType(type);
  return (...call) => {
    const [, , context, info] = call;
    const budget = budgetIn(context);
    if (!budget) return resolve(...call);
    if (budget.isOver() && isNullable) return null;
    budget.assertWithin();
    return settle(
      () => resolve(...call),
      { budget, info },
      (value) => value,
    );
  };
}

function priced(field: Field): Resolver | undefined {
  const { name, resolve } = field;
  const type = getNullableType(field.type);
  if (isListType(type)) return pricedList(resolve ?? defaultFieldResolver, type);
  const isText = isScalarType(type) && !SHORT.has(type.name);
  if (!resolve) return isText ? pricedMember(name) : undefined;
  return pricedErrors(isText ? pricedText(resolve) : resolve, field);
}

/** graphql-js has one set of introspection types for all schemas of a process, so they are wrapped once. */
const wrapped = new WeakSet<Field>();

/**
 * Wraps the fields of the schema, those of introspection included, so that what they answer is charged to the budget in the
 * context (`answer`) of the request. Without one they do as before.
 */
export function priceFields(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (wrapped.has(field)) continue;
      wrapped.add(field);
      const resolve = priced(field);
      if (resolve) field.resolve = resolve;
    }
  }
}
