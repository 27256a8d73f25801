import { PAGES, readText } from "../kit/pages";

/** Without the decision records, which are not rewritten. */
const CHECKED = PAGES.filter((file) => !file.startsWith("docs/decisions/"));

/** Without code and without generated tables, whose sentences come from the source. Lines keep their numbers. */
const proseOf = (text: string) =>
  text
    .replace(/^<!-- generated: [^]*?^<!-- end -->$/gm, (block) => block.replace(/[^\n]/g, ""))
    .replace(/^```[^]*?^```$/gm, (block) => block.replace(/[^\n]/g, ""));

const numbered = (text: string) => text.split("\n").map((line, index) => ({ line, at: index + 1 }));
test("more than 20 pages are checked for the rules of Prose", () => {
  expect(CHECKED.length).toBeGreaterThan(20);
});

describe.each(CHECKED)("%s", (file) => {
  const text = readText(file);
  const prose = proseOf(text);
  const offending = (is: (line: string) => boolean) =>
    numbered(prose)
      .filter(({ line }) => is(line))
      .map(({ line, at }) => `${file}:${at}: ${line}`);

  test("has at most 400 lines (README: 200)", () => {
    expect(text.split("\n").length - 1).toBeLessThanOrEqual(file === "README.md" ? 200 : 400);
  });

  test("has no line over 160 characters and no table cell over 120", () => {
    expect(offending((line) => line.length > 160)).toEqual([]);
    const cells = (line: string) => (line.startsWith("|") ? line.split("|").map((cell) => cell.trim()) : []);
    expect(offending((line) => cells(line).some((cell) => cell.length > 120))).toEqual([]);
  });

  test("has one sentence per line", () => {
    const isTwo = (line: string) => !line.startsWith("|") && /[a-z0-9)`][.!?] [A-Z]/.test(line.replace(/^\d+\. /, ""));
    expect(offending(isTwo)).toEqual([]);
  });
});
