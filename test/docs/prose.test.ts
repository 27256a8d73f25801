import { PAGES, readText } from "../kit/pages";

/**
 * Exempt for now: decision records keep the words of their time, and the sentences of the walkthrough and of the threats are still
 * rewritten together with the code that they describe.
 */
const isExempt = (file: string) =>
  file.startsWith("docs/decisions/") || ["docs/walkthrough.md", "docs/security.md"].includes(file);
const HELD = PAGES.filter((file) => !isExempt(file));

const RETIRED =
  /\b(anew|whoever|nobody's|for ever|being found out|what is not yours|sealed|press of (a|the|this) button)\b/i;

/** Without code and without generated tables, whose sentences come from the source. Lines keep their numbers. */
const proseOf = (text: string) =>
  text
    .replace(/^<!-- generated: [^]*?^<!-- end -->$/gm, (block) => block.replace(/[^\n]/g, ""))
    .replace(/^```[^]*?^```$/gm, (block) => block.replace(/[^\n]/g, ""));

const numbered = (text: string) => text.split("\n").map((line, index) => ({ line, at: index + 1 }));
/** Without code, targets of links and names of files. */
const spoken = (line: string) =>
  line
    .replace(/`[^`]*`/g, "")
    .replace(/\]\([^)]*\)/g, "]")
    .replace(/[\w.-]+\.ts\b/g, "");

test("the pages are held to the rules", () => {
  expect(HELD.length).toBeGreaterThan(20);
});

describe.each(HELD)("%s", (file) => {
  const text = readText(file);
  const prose = proseOf(text);
  const offending = (is: (line: string) => boolean) =>
    numbered(prose)
      .filter(({ line }) => is(line))
      .map(({ line, at }) => `${file}:${at}: ${line}`);

  test("is not too long", () => {
    expect(text.split("\n").length - 1).toBeLessThanOrEqual(file === "README.md" ? 200 : 400);
  });

  test("has no line over 160 characters and no table cell over 120", () => {
    expect(offending((line) => line.length > 160)).toEqual([]);
    const cells = (line: string) => (line.startsWith("|") ? line.split("|").map((cell) => cell.trim()) : []);
    expect(offending((line) => cells(line).some((cell) => cell.length > 120))).toEqual([]);
  });

  test("has one sentence a line", () => {
    const isTwo = (line: string) => !line.startsWith("|") && /[a-z0-9)`][.!?] [A-Z]/.test(line.replace(/^\d+\. /, ""));
    expect(offending(isTwo)).toEqual([]);
  });

  test("does not use a retired word", () => {
    expect(offending((line) => RETIRED.test(spoken(line)))).toEqual([]);
  });

  test("uses the word ledger only where the glossary defines it", () => {
    const found = offending((line) => /ledger/i.test(spoken(line)));
    expect(found).toHaveLength(file === "docs/contributing/architecture.md" ? 1 : 0);
  });
});
