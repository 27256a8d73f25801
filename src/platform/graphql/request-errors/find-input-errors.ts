import {
  type ASTNode,
  type GraphQLInputType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLLeafType,
} from "graphql";
import { SubgraphError } from "../../errors/subgraph-error";
import { type InputValue, type InputFields } from "./input-value";
import { findNearestName } from "./names";

/** A variable with its `$` or an argument, then fields that the schema knows and indexes of lists. */
export type InputPath = readonly (string | number)[];

interface Origin {
  /** Where the document contains the value. */
  readonly node: ASTNode;
  readonly path: InputPath;
}

/** An error in an input. `name` is not in its path, because the schema does not know it or the client did not write it. */
export type InputError = Origin &
  (
    | {
        readonly kind: "unknown";
        readonly name: string;
        readonly owner: string;
        readonly nearest: Definition | undefined;
      }
    | { readonly kind: "missing"; readonly name: string; readonly type: GraphQLInputType }
    | { readonly kind: "null"; readonly type: GraphQLInputType }
    | {
        readonly kind: "invalid";
        readonly type: GraphQLInputType;
        /** The error of one of our scalars: it says what is expected. */
        readonly reason: string | undefined;
        readonly values: readonly string[];
        readonly nearest: string | undefined;
      }
  );

/** An argument, or a field of an input type. */
interface Definition {
  readonly name: string;
  readonly type: GraphQLInputType;
  readonly defaultValue?: unknown;
}

/** What declares the fields or arguments. */
export interface Definitions {
  /** For example `CreateUserInput` or `Query.user`. */
  readonly owner: string;
  readonly known: readonly Definition[];
}

const isRequired = ({ type, defaultValue }: Definition) => isNonNullType(type) && defaultValue === undefined;

/** A required name that is missing because it is misspelled is reported once, as unknown. */
export function* findFieldErrors(
  fields: InputFields,
  { owner, known }: Definitions,
  { node, path }: Origin,
): Generator<InputError, void> {
  const definitions = new Map(known.map((definition) => [definition.name, definition]));
  const reported = new Set(fields.map(([name]) => name));
  for (const [name, input] of fields) {
    if (definitions.has(name)) continue;
    const nearestName = findNearestName(name, [...definitions.keys()]);
    const nearest = nearestName === undefined ? undefined : definitions.get(nearestName);
    if (nearest) reported.add(nearest.name);
    yield { kind: "unknown", name, owner, nearest, node: input.node, path };
  }
  for (const definition of known) {
    const { name, type } = definition;
    if (isRequired(definition) && !reported.has(name)) yield { kind: "missing", name, type, node, path };
  }
  for (const [name, input] of fields) {
    const definition = definitions.get(name);
    if (definition) yield* findInputErrors(input, definition.type, [...path, name]);
  }
}

function findLeafError(input: InputValue, type: GraphQLLeafType): { readonly reason: string | undefined } | undefined {
  try {
    return input.coerce(type) === undefined ? { reason: undefined } : undefined;
  } catch (error) {
    return { reason: error instanceof SubgraphError ? error.message : undefined };
  }
}

/** Finds what graphql-js rejects in a value, as facts instead of as messages that quote it. */
export function* findInputErrors(
  input: InputValue,
  declaredType: GraphQLInputType,
  path: InputPath,
): Generator<InputError, void> {
  const { node } = input;
  if (input.isVariable) return;
  if (input.isNull) {
    if (isNonNullType(declaredType)) yield { kind: "null", type: declaredType, node, path };
    return;
  }
  const type = getNullableType(declaredType);
  if (isListType(type)) {
    const items = input.items();
    if (!items)
      yield* findInputErrors(input, type.ofType, path); // a single value is a list of one item
    else for (const [index, item] of items.entries()) yield* findInputErrors(item, type.ofType, [...path, index]);
    return;
  }
  if (isInputObjectType(type)) {
    const fields = input.fields();
    const definitions = { owner: type.name, known: Object.values(type.getFields()) };
    if (fields) yield* findFieldErrors(fields, definitions, { node, path });
    else yield { kind: "invalid", type: declaredType, reason: undefined, values: [], nearest: undefined, node, path };
    return;
  }
  const error = findLeafError(input, type);
  if (!error) return;
  const values = isEnumType(type) ? type.getValues().map(({ name }) => name) : [];
  const nearest = input.text === undefined ? undefined : findNearestName(input.text, values);
  yield { kind: "invalid", type: declaredType, ...error, values, nearest, node, path };
}
