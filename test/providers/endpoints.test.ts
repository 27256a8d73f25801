import { readFileSync } from "node:fs";
import * as avibra from "../../src/providers/avibra/endpoints";
import * as delbank from "../../src/providers/delbank/endpoints";
import { listFiles } from "../kit/pages";

const NAMES = [...Object.values(avibra), ...Object.values(delbank)].map(({ name }) => name);
const SOURCES = listFiles("src")
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readFileSync(file, "utf8"));

test("endpoint names are unique", () => {
  expect(NAMES.length).toBeGreaterThan(5);
  expect(new Set(NAMES).size).toBe(NAMES.length);
});

test.each(NAMES)("the endpoint name %s is written once in the source", (name) => {
  const literals = SOURCES.map((text) => text.split(`"${name}"`).length - 1);
  expect(literals.reduce((sum, count) => sum + count, 0)).toBe(1);
});
