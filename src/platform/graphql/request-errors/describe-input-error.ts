import { getNamedType, type GraphQLInputType, isScalarType } from "graphql";
import { type InputError, type InputPath } from "./find-input-errors";
import { showName } from "./names";

/** For example `Variable "$input.address.city"` or `Argument "status[3]"`. */
function describePath(path: InputPath): string {
  const [first = "", ...rest] = path.map((part) => (typeof part === "number" ? `[${part}]` : showName(part)));
  const parts = rest.map((part) => (part.startsWith("[") ? part : `.${part}`));
  return `${first.startsWith("$") ? "Variable" : "Argument"} "${first}${parts.join("")}"`;
}

/**
 * Says where an error is and what is expected there, without the value. If the schema is not exposed, the message contains only
 * names that the client wrote, if the schema knows them or they are variables, and types that are scalars.
 */
export function describeInputError(error: InputError, shouldExposeSchema: boolean): string {
  const ofType = (type: GraphQLInputType) =>
    shouldExposeSchema || isScalarType(getNamedType(type)) ? ` of type ${String(type)}` : "";
  const { path } = error;

  switch (error.kind) {
    case "unknown": {
      if (!shouldExposeSchema) return `${describePath(path)} has an unknown field.`;
      const { name, owner, nearest } = error;
      const suggestion = nearest ? ` Did you mean "${nearest.name}"${ofType(nearest.type)}?` : "";
      return `${describePath([...path, name])} is not defined by ${owner}.${suggestion}`;
    }
    case "missing":
      if (!shouldExposeSchema) return `${describePath(path)} lacks a required field.`;
      return `${describePath([...path, error.name])} is missing: a value${ofType(error.type)} is required.`;
    case "null":
      return `${describePath(path)} is null or missing: a value${ofType(error.type)} is required.`;
    case "invalid": {
      const { type, reason, values, nearest } = error;
      if (reason !== undefined) return `${describePath(path)} has an invalid value: ${reason}`;
      const oneOf = shouldExposeSchema && values.length > 0 ? `, one of ${values.join(", ")}` : "";
      const suggestion = shouldExposeSchema && nearest !== undefined ? ` Did you mean ${nearest}?` : "";
      const expected = ofType(type);
      return `${describePath(path)} has an invalid value${expected && `: expected a value${expected}${oneOf}`}.${suggestion}`;
    }
  }
}
