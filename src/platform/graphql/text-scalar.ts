import { GraphQLScalarType, Kind } from "graphql";
import { SubgraphError } from "../errors/subgraph-error";

export interface TextScalarOptions {
  readonly name: string;
  /** For frontend developers: the meaning and an example. */
  readonly description: string;
  /** Describes a valid value in the error message. Never contains the value. */
  readonly rule: string;
  /** A valid value, for the error message. */
  readonly example: string;
  /** Longer text is rejected before `isValid` reads it. */
  readonly maxLength: number;
  readonly isValid: (text: string) => boolean;
}

/** A text scalar that checks its input. An invalid value never reaches a resolver and fails with `BAD_USER_INPUT`. */
export function createTextScalar({ name, description, rule, example, maxLength, isValid }: TextScalarOptions) {
  function parseValue(value: unknown): string {
    if (typeof value === "string" && value.length <= maxLength && isValid(value)) return value;
    const expected = typeof value === "string" ? rule : `a string: ${rule}`;
    throw new SubgraphError("BAD_USER_INPUT", { message: `${name} must be ${expected}, for example ${example}.` });
  }
  return new GraphQLScalarType<string, string>({
    name,
    description,
    serialize: String,
    parseValue,
    parseLiteral: (node) => parseValue(node.kind === Kind.STRING ? node.value : undefined),
  });
}
