import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { findCodeBlocks, fileExists, PAGES, readText, readAll, ROOT } from "../kit/pages";

const slugOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");

const slugsOf = (file: string) => [...readText(file).matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) => slugOf(title));

/** The targets of inline links and of reference definitions. */
const linksIn = (text: string) =>
  [...text.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm)].map(([, inline, defined]) => inline ?? defined ?? "");

describe.each(PAGES)("%s", (page) => {
  const text = readText(page);

  test("links only to files and headings that exist", () => {
    const broken = linksIn(text)
      .filter((link) => !link.startsWith("https://"))
      .filter((link) => {
        const [path = "", heading] = link.split("#");
        const target = path === "" ? page : join(dirname(page), path);
        if (!fileExists(target)) return true;
        return heading !== undefined && !slugsOf(target).includes(heading);
      });
    expect(broken).toEqual([]);
  });

  test("defines each reference that it uses, and uses each that it defines", () => {
    const defined = [...text.matchAll(/^\[([^\]]+)\]: \S+$/gm)].map(([, name]) => name);
    const used = [...text.matchAll(/\]\[([a-z]+)\]/g)].map(([, name]) => name);
    expect(new Set(used)).toEqual(new Set(defined));
  });

  test("quotes code as it is in the file that it names", () => {
    // Prettier formats an excerpt differently, so white space and trailing commas do not count.
    const bare = (code: string) => code.replace(/\s/g, "").replace(/,(?=[)\]}])/g, "");
    for (const { text: excerpt } of findCodeBlocks(text).filter(({ language }) => language === "ts")) {
      const [, file = "", code = ""] = /^\/\/ (\S+)\n(.*)$/s.exec(excerpt) ?? [];
      expect(bare(readText(file))).toContain(bare(code));
    }
  });
});

/** The subjects of all commits by their abbreviated hash; none in a checkout without history. */
function subjectsOf(hashes: readonly string[]): Map<string, string> {
  const git = (...args: string[]) => execFileSync("git", args, { cwd: ROOT, encoding: "utf8", stdio: "pipe" }).trim();
  try {
    if (git("rev-parse", "--is-shallow-repository") === "true") return new Map();
  } catch {
    return new Map(); // not a git checkout
  }
  return new Map(hashes.map((hash) => [hash, git("log", "-1", "--format=%s", hash)]));
}

describe("how-to pages", () => {
  const pages = PAGES.filter((page) => page.startsWith("docs/contributing/how-to/"));
  const examples = pages.map((page) => [page, [...readText(page).matchAll(/Commit `(\w+)` \(“([^”]+)”\)/g)]] as const);
  const subjects = subjectsOf(examples.flatMap(([, found]) => found.map(([, hash = ""]) => hash)));

  test.each(examples)("%s names a commit of this repository by its hash and subject", (_page, found) => {
    expect(found.length).toBeGreaterThan(0);
    for (const [, hash = "", quoted = ""] of found) {
      const subject = subjects.get(hash) ?? quoted;
      const [beginning = ""] = quoted.split(" …");
      expect(subject.startsWith(beginning)).toBe(true);
    }
  });

  test("are four", () => {
    expect(pages).toHaveLength(4);
  });
});

test("every page is linked from the index or from a page that it links to", () => {
  const reached = new Set<string>();
  const visit = (page: string) => {
    if (reached.has(page) || !page.endsWith(".md") || !fileExists(page)) return;
    reached.add(page);
    for (const link of linksIn(readText(page))) visit(join(dirname(page), link.split("#")[0] ?? ""));
  };
  visit("docs/index.md");
  const decisions = (page: string) => page.startsWith("docs/decisions/");
  expect(PAGES.filter((page) => !reached.has(page) && !decisions(page))).toEqual([]);
});

describe("names of variables, codes and values", () => {
  const FOLDERS = ["src", "schema", ".ci", "test/bench", "test/kit", "test/federation/supergraph.ts"];
  const source = FOLDERS.map((folder) => readAll(folder)).join("\n");

  test.each(PAGES)("on %s are all in the source", (page) => {
    const named = [...readText(page).matchAll(/`([A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9])(?:=[^`]*)?`/g)];
    expect(named.map(([, name = ""]) => name).filter((name) => !new RegExp(`\\b${name}\\b`).test(source))).toEqual([]);
  });
});
