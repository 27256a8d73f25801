import { getNamedType, type GraphQLInputType, isScalarType } from "graphql";
import { type InputMistake, type InputPath } from "./find-input-mistakes";
import { showName } from "./names";

/** For example `Variable "$input.address.city"` or `Argument "status[3]"`. */
function describePath(path: InputPath): string {
  const [first = "", ...rest] = path.map((part) => (typeof part === "number" ? `[${part}]` : showName(part)));
  const parts = rest.map((part) => (part.startsWith("[") ? part : `.${part}`));
  return `${first.startsWith("$") ? "Variable" : "Argument"} "${first}${parts.join("")}"`;
}

/**
 * Says where a mistake is and what is expected there, without the value. If the schema is not exposed, the message contains only
 * names that the client wrote and the schema knows, and types that are scalars.
 */
export function describeInputMistake(mistake: InputMistake, shouldExposeSchema: boolean): string {
  const ofType = (type: GraphQLInputType) =>
    shouldExposeSchema || isScalarType(getNamedType(type)) ? ` of type ${String(type)}` : "";
  const { path } = mistake;

  switch (mistake.kind) {
    case "unknown": {
      if (!shouldExposeSchema) return `${describePath(path)} has an unknown field.`;
      const { name, owner, nearest } = mistake;
      const suggestion = nearest ? ` Did you mean "${nearest.name}"${ofType(nearest.type)}?` : "";
      return `${describePath([...path, name])} is not defined by ${owner}.${suggestion}`;
    }
    case "missing":
      if (!shouldExposeSchema) return `${describePath(path)} lacks a required field.`;
      return `${describePath([...path, mistake.name])} is missing: a value${ofType(mistake.type)} is required.`;
    case "null":
      return `${describePath(path)} is null or missing: a value${ofType(mistake.type)} is required.`;
    case "wrong": {
      const { type, rule, values, nearest } = mistake;
      if (rule !== undefined) return `${describePath(path)} has an invalid value: ${rule}`;
      const oneOf = shouldExposeSchema && values.length > 0 ? `, one of ${values.join(", ")}` : "";
      const suggestion = shouldExposeSchema && nearest !== undefined ? ` Did you mean ${nearest}?` : "";
      const expected = ofType(type);
      return `${describePath(path)} has an invalid value${expected && `: expected a value${expected}${oneOf}`}.${suggestion}`;
    }
  }
}
