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
import { type Input, type InputFields } from "./input";
import { findNearestName } from "./names";

/** A variable with its `$` or an argument, then fields that the schema knows and indexes of lists. */
export type InputPath = readonly (string | number)[];

interface Origin {
  /** Where the document contains the value. */
  readonly node: ASTNode;
  readonly path: InputPath;
}

/** A mistake in an input. `name` is not in its path, because the schema does not know it or the client did not write it. */
export type InputMistake = Origin &
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
        readonly kind: "wrong";
        readonly type: GraphQLInputType;
        /** The error of one of our scalars: it says what is expected. */
        readonly rule: string | undefined;
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
export function* findFieldMistakes(
  fields: InputFields,
  { owner, known }: Definitions,
  { node, path }: Origin,
): Generator<InputMistake, void> {
  const definitions = new Map(known.map((definition) => [definition.name, definition]));
  const explained = new Set(fields.map(([name]) => name));
  for (const [name, input] of fields) {
    if (definitions.has(name)) continue;
    const nearestName = findNearestName(name, [...definitions.keys()]);
    const nearest = nearestName === undefined ? undefined : definitions.get(nearestName);
    if (nearest) explained.add(nearest.name);
    yield { kind: "unknown", name, owner, nearest, node: input.node, path };
  }
  for (const definition of known) {
    const { name, type } = definition;
    if (isRequired(definition) && !explained.has(name)) yield { kind: "missing", name, type, node, path };
  }
  for (const [name, input] of fields) {
    const definition = definitions.get(name);
    if (definition) yield* findInputMistakes(input, definition.type, [...path, name]);
  }
}

function findLeafMistake(input: Input, type: GraphQLLeafType): { readonly rule: string | undefined } | undefined {
  try {
    return input.coerce(type) === undefined ? { rule: undefined } : undefined;
  } catch (error) {
    return { rule: error instanceof SubgraphError ? error.message : undefined };
  }
}

/** Finds what graphql-js rejects in a value, as facts instead of as messages that quote it. */
export function* findInputMistakes(
  input: Input,
  declaredType: GraphQLInputType,
  path: InputPath,
): Generator<InputMistake, void> {
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
      yield* findInputMistakes(input, type.ofType, path); // a single value is a list of one item
    else for (const [index, item] of items.entries()) yield* findInputMistakes(item, type.ofType, [...path, index]);
    return;
  }
  if (isInputObjectType(type)) {
    const fields = input.fields();
    const definitions = { owner: type.name, known: Object.values(type.getFields()) };
    if (fields) yield* findFieldMistakes(fields, definitions, { node, path });
    else yield { kind: "wrong", type: declaredType, rule: undefined, values: [], nearest: undefined, node, path };
    return;
  }
  const mistake = findLeafMistake(input, type);
  if (!mistake) return;
  const values = isEnumType(type) ? type.getValues().map(({ name }) => name) : [];
  const nearest = input.text === undefined ? undefined : findNearestName(input.text, values);
  yield { kind: "wrong", type: declaredType, ...mistake, values, nearest, node, path };
}
