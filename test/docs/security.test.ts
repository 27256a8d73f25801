import { readFileSync } from "node:fs";
import { join } from "node:path";

const TEXT = readFileSync(join(__dirname, "../../docs/security.md"), "utf8");
const ROWS = TEXT.split("\n").filter((line) => line.startsWith("| ") && !/^\| (threat|-)/.test(line));
const CITED = /\[([\w/-]+)\]\(\.\.\/test\/([\w/-]+\.test\.ts)\): “([^”]+)”/g;

/** Titles of tests and suites, quoted in a test's source, its `%s` and `$what` included. */
const namesIn = (file: string) => readFileSync(join(__dirname, "..", file), "utf8").replaceAll(/\\(["'`])/g, "$1");

describe("docs/security.md", () => {
  test("has its threats", () => {
    expect(ROWS.length).toBeGreaterThan(20);
  });

  test.each(ROWS.map((row) => [row.split("|")[1]?.trim(), row] as const))(
    "%s: the tests that it names are there",
    (_threat, row) => {
      const cited = [...row.matchAll(CITED)];
      expect(cited.length).toBeGreaterThan(0);
      for (const [, , file = "", name = ""] of cited) expect(namesIn(file)).toContain(name);
    },
  );
});
