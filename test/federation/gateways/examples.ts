import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type JWTPayload } from "jose";

const FOLDER = join(__dirname, "../../../schema/operations");
const read = (file: string) => readFileSync(join(FOLDER, file), "utf8");

interface Row {
  readonly operation: string;
  readonly caller: JWTPayload;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The example operations of schema/operations, each with a caller and variables that it works with. */
export const EXAMPLES = (JSON.parse(read("examples.json")) as readonly Row[]).map((row) => ({
  ...row,
  query: read(`${row.operation}.graphql`),
}));
