import { type ArgumentNode, type ASTNode, type GraphQLLeafType, Kind, type ValueNode } from "graphql";
import { isRecord } from "../limits/is-record";

/** A value of a variable, or a literal, as input coercion reads it. */
export interface InputValue {
  /** Where the document contains it. */
  readonly node: ASTNode;
  readonly isNull: boolean;
  /** A variable in a literal: its value is checked where the variable is defined. */
  readonly isVariable: boolean;
  /** Its text, if it is a string or an enum value. */
  readonly text: string | undefined;
  /** Undefined if it is not a list. */
  readonly items: () => readonly InputValue[] | undefined;
  /** Undefined if it is not an object. */
  readonly fields: () => InputFields | undefined;
  /** Throws, or returns undefined, if the type has no such value. */
  readonly coerce: (type: GraphQLLeafType) => unknown;
}

export type InputFields = readonly (readonly [name: string, input: InputValue])[];

export const readValue = (value: unknown, node: ASTNode): InputValue => ({
  node,
  isNull: value === null || value === undefined,
  isVariable: false,
  text: typeof value === "string" ? value : undefined,
  items: () => (Array.isArray(value) ? value.map((item) => readValue(item, node)) : undefined),
  fields: () =>
    isRecord(value) && !Array.isArray(value)
      ? Object.entries(value).map(([name, field]) => [name, readValue(field, node)] as const)
      : undefined,
  coerce: (type): unknown => type.parseValue(value),
});

export const readLiteral = (value: ValueNode, node: ASTNode = value): InputValue => ({
  node,
  isNull: value.kind === Kind.NULL,
  isVariable: value.kind === Kind.VARIABLE,
  text: value.kind === Kind.STRING || value.kind === Kind.ENUM ? value.value : undefined,
  items: () => (value.kind === Kind.LIST ? value.values.map((item) => readLiteral(item)) : undefined),
  fields: () =>
    value.kind === Kind.OBJECT
      ? value.fields.map((field) => [field.name.value, readLiteral(field.value, field)] as const)
      : undefined,
  coerce: (type): unknown => type.parseLiteral(value, undefined),
});

export const readArguments = (nodes: readonly ArgumentNode[]): InputFields =>
  nodes.map((argument) => [argument.name.value, readLiteral(argument.value, argument)] as const);
