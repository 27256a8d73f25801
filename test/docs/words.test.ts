import { PAGES, listFiles } from "../kit/pages";
import {
  checkCode,
  checkFile,
  checkFileName,
  checkGraphql,
  checkMarkdown,
  checkProse,
  EXCEPTIONS,
  usedExceptions,
} from "./retired-words";

/** Decision records and past schemas keep the words of their time. */
const isExempt = (file: string) => file.startsWith("docs/decisions/") || file.startsWith("schema/versions/");
const FILES = [...PAGES, ...listFiles("src"), ...listFiles("schema")].filter((file) => !isExempt(file));

describe("the check for retired words", () => {
  const FILE = "src/platform/pubsub/file.ts";

  test.each([
    ["an identifier", "const createHints = 1;", "createHints"],
    ["a name composed with one", "class OperationLedger {}", "OperationLedger"],
    ["a constant with a retired prefix", "const MOST_ROWS = 1;", "MOST_ROWS"],
    ["a name of one folder", "pubSub.missed();", "missed"],
    ["a property", "const options = { maybeSent: true };", "maybeSent"],
    ["a comment", "/** Keeps it for\n * ever. */\nexport {};", "for +ever"],
    ["a comment at the end of a file", "export {};\n/** Stored anew. */\n", "anew"],
    ["a string literal", 'throw new Error("The text is sealed.");', "sealed"],
    ["a template", "const text = `${name} is nobody's`;", "nobody's"],
    ["the text of a page", "const page = <p>whoever asks</p>;", "whoever"],
  ])("finds one in %s", (_where, code, found) => {
    expect(checkCode(FILE, code)).toEqual([expect.stringMatching(new RegExp(found))]);
  });

  test.each([
    ["a file name", checkFileName("src/platform/operations/ledger.store.ts")],
    ["a folder", checkFileName("src/platform/signals/transport.ts")],
    ["a description of the schema", checkGraphql("a.graphql", '"Whoever asks." type A { b: Int }')],
    ["a name of the schema", checkGraphql("a.graphql", "type Verdict { b: Int }")],
    ["a Markdown page", checkMarkdown("a.md", "It is stored anew.\n")],
    ["a code block of a page", checkMarkdown("a.md", "```ts\nconst asked = 1;\n```\n")],
    ["a file that a page links to", checkMarkdown("a.md", "[it](../src/shared-reads.ts)\n")],
    ["words on two lines", checkProse("a.md", "They keep it for\never.\n")],
  ])("finds one in %s", (_where, hits) => {
    expect(hits).toHaveLength(1);
  });

  test("finds none in a word that only contains one", () => {
    expect(
      checkProse("a.md", "A ledger-key. Renewed. Unsealed. `LEDGER_KEY`. He keeps his word about the work."),
    ).toEqual([]);
    expect(checkCode(FILE, "performance.mark(innermost); // keep this in place; take and look")).toEqual([]);
  });
});

test("more than 300 pages, source files and schemas are checked for retired words", () => {
  expect(FILES.length).toBeGreaterThan(300);
});

let hits: ReadonlyMap<string, readonly string[]>;
beforeAll(() => {
  hits = new Map(FILES.map((file) => [file, checkFile(file)]));
});

test.each(FILES)("%s has no retired word", (file) => {
  expect(hits.get(file)).toEqual([]);
});

test("every exception has a reason and is in use", () => {
  expect(EXCEPTIONS.filter(({ because }) => because === "")).toEqual([]);
  expect(EXCEPTIONS.filter((entry) => !usedExceptions.has(entry))).toEqual([]);
});
