import { SubgraphError } from "../../errors/subgraph-error";

// Letters, digits, "-" and "_": the characters of every id of both providers. ".", "%" and "/" are rejected,
// so no value escapes to another path (encodeURIComponent("..") is still "..").
const SEGMENT = /^[A-Za-z0-9_-]{1,128}$/;

/**
 * Builds a URL path from a template: path`/user/benefits/${userId}`.
 * Throws `BAD_USER_INPUT` for a value that is not one plain segment (1 to 128 letters, digits, "-", "_").
 */
export function path(literals: TemplateStringsArray, ...values: string[]): string {
  return literals.reduce((built, literal, index) => {
    const value = values[index - 1] ?? "";
    if (!SEGMENT.test(value)) throw new SubgraphError("BAD_USER_INPUT");
    return built + value + literal;
  });
}
