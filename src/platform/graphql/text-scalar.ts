import { GraphQLScalarType, Kind } from "graphql";
import { SubgraphError } from "../errors/subgraph-error";

export interface TextScalarOptions {
  readonly name: string;
  /** For the frontend developer: what it is and an example. */
  readonly description: string;
  /** What a valid value looks like; the error's text. Never names the value. */
  readonly rule: string;
  /** Longer text is refused before `accepts` looks at it. */
  readonly maxLength: number;
  readonly isValid: (text: string) => boolean;
}

/** A scalar over text that checks its input, so that a bad value never reaches a resolver: `BAD_USER_INPUT`. */
export function createTextScalar({ name, description, rule, maxLength, isValid }: TextScalarOptions) {
  function parseValue(value: unknown): string {
    if (typeof value === "string" && value.length <= maxLength && isValid(value)) return value;
    throw new SubgraphError("BAD_USER_INPUT", { message: `${name} must be ${rule}.` });
  }
  return new GraphQLScalarType<string, string>({
    name,
    description,
    serialize: String,
    parseValue,
    parseLiteral: (node) => parseValue(node.kind === Kind.STRING ? node.value : undefined),
  });
}
