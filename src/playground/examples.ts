import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Example } from "./page/example-tabs";

interface ListedExample extends Pick<Example, "caller" | "variables"> {
  readonly operation: string;
}

/** The example operations of `folder`, in the order in which its examples.json lists them. */
export function readExamples(folder: string): readonly Example[] {
  const read = (file: string) => readFileSync(join(folder, file), "utf8");
  const listed = JSON.parse(read("examples.json")) as readonly ListedExample[];
  return listed.map(({ operation, ...rest }) => ({ name: operation, query: read(`${operation}.graphql`), ...rest }));
}

/** The response of each example in the sandbox, by its name. `npm run docs` records them. */
export const readResponses = (folder: string): Readonly<Record<string, unknown>> =>
  JSON.parse(readFileSync(join(folder, "responses.json"), "utf8")) as Record<string, unknown>;
