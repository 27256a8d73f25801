import { readFileSync } from "node:fs";
import { join } from "node:path";
import { getOperationAST, OperationTypeNode, parse } from "graphql";
import { type Claims } from "../../kit/tokens/claims";

const FOLDER = join(__dirname, "../../../schema/operations");
const read = (file: string) => readFileSync(join(FOLDER, file), "utf8");

interface Row {
  readonly operation: string;
  readonly caller: Claims;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The example operations of schema/operations, each with a caller and variables with which it succeeds. */
export const EXAMPLES = (JSON.parse(read("examples.json")) as readonly Row[]).map((row) => ({
  ...row,
  query: read(`${row.operation}.graphql`),
}));

/** Fails unless the response is complete, without errors and, for a mutation, SUCCEEDED without userErrors. */
export function expectDone(query: string, { data, errors }: { data?: object; errors?: unknown }): void {
  expect(errors).toBeUndefined();
  const roots = Object.values(data ?? {});
  expect(roots).not.toEqual([]);
  expect(roots).not.toContain(null);
  if (getOperationAST(parse(query))?.operation !== OperationTypeNode.MUTATION) return;
  const done = { operation: expect.objectContaining({ status: "SUCCEEDED" }), userErrors: [] };
  expect(roots).toEqual(roots.map(() => expect.objectContaining(done)));
}
