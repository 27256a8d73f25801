import { readText } from "../kit/pages";

const PAGE = "docs/platform/security.md";
const [, section = ""] = /^## Threats$(.*?)^## /ms.exec(readText(PAGE)) ?? [];
const THREATS = section.split(/^- \*\*/m).slice(1);
const CITED = /\[([\w/-]+)\]\(\.\.\/\.\.\/test\/([\w/-]+\.test\.ts)\):\s+“([^”]+)”/g;

/** Titles of tests and suites, quoted in a test's source, its `%s` and `$what` included. */
const namesIn = (file: string) => readText(`test/${file}`).replaceAll(/\\(["'`])/g, "$1");

describe(PAGE, () => {
  test("lists more than 40 threats", () => {
    expect(THREATS.length).toBeGreaterThan(40);
  });

  test.each(THREATS.map((threat) => [threat.split(".**")[0], threat] as const))(
    "%s: names tests that exist",
    (_threat, text) => {
      const cited = [...text.matchAll(CITED)];
      expect(cited.length).toBeGreaterThan(0);
      expect(cited).toHaveLength([...text.matchAll(/\.test\.ts\)/g)].length);
      for (const [, , file = "", name = ""] of cited) expect(namesIn(file)).toContain(name);
    },
  );
});
