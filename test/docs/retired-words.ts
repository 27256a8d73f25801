import { basename, dirname } from "node:path";
import { parse, visit } from "graphql";
import ts from "typescript";
import { findCodeBlocks, readText } from "../kit/pages";

/** A name or a text that is retired. `in` restricts the entry to a path and to the paths below it. */
interface Entry {
  readonly in?: string;
  readonly because: string;
}
interface Rules {
  /** Words of which no identifier and no file name is composed. */
  readonly parts: Readonly<Record<string, string>>;
  /** First words that no identifier of two or more words has. */
  readonly prefixes: Readonly<Record<string, string>>;
  /** Whole identifiers and file names, in camelCase. Their other spellings are retired too. */
  readonly names: Readonly<Record<string, string>>;
  readonly scopedNames: readonly { readonly name: string; readonly in: string; readonly say: string }[];
  /** Regular expressions, matched as whole words in any case. */
  readonly prose: readonly string[];
  readonly exceptions: {
    readonly names: readonly (Entry & { readonly name: string })[];
    readonly prose: readonly (Entry & { readonly text: string })[];
  };
}

const rules = JSON.parse(readText(".ci/retired-words.json")) as Rules;

/** Every exception of the list, and those that applied to a text so far. */
export const EXCEPTIONS: readonly Entry[] = [...rules.exceptions.names, ...rules.exceptions.prose];
export const usedExceptions = new Set<Entry>();

const isIn = (file: string, folder: string | undefined) =>
  folder === undefined || file === folder || file.startsWith(`${folder}/`);

/** The words of camelCase, PascalCase, CONSTANT_CASE, snake_case and kebab-case, in lower case. */
const wordsOf = (name: string) =>
  name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== "");

const joined = (name: string) => wordsOf(name).join("-");
const NAMES = new Map(Object.entries(rules.names).map(([name, say]) => [joined(name), say]));

/** What to write instead of the name; undefined if the name is not retired. */
function replacementOf(name: string): string | undefined {
  const words = wordsOf(name);
  const [first = ""] = words;
  const part = words.find((word) => Object.hasOwn(rules.parts, word));
  if (part !== undefined) return rules.parts[part];
  if (words.length > 1 && Object.hasOwn(rules.prefixes, first)) return rules.prefixes[first];
  return NAMES.get(words.join("-"));
}

function checkName(file: string, name: string): string[] {
  const scoped = rules.scopedNames.find((rule) => rule.name === name && isIn(file, rule.in));
  const say = scoped?.say ?? replacementOf(name);
  if (say === undefined) return [];
  const exception = rules.exceptions.names.find((entry) => entry.name === name && isIn(file, entry.in));
  if (exception === undefined) return [`${name} (say: ${say})`];
  usedExceptions.add(exception);
  return [];
}

/** Retired words in the folders and the name of a file, without its role and its extension. */
export function checkFileName(file: string): string[] {
  const stem = basename(file).replace(/\..*$/, "");
  const names = [...dirname(file).split("/"), stem];
  return names.flatMap((name) => checkName(file, name)).map((hit) => `${file}: file name ${hit}`);
}

const PROSE = new RegExp(String.raw`(?<![\w-])(?:${rules.prose.join("|").replaceAll(" ", " +")})(?![\w])`, "gi");

/** Retired words in text, each with its line, counted from `firstLine`. */
export function checkProse(file: string, text: string, firstLine = 1): string[] {
  let rest = text.replaceAll("’", "'");
  for (const exception of rules.exceptions.prose) {
    if (!isIn(file, exception.in) || !rest.includes(exception.text)) continue;
    usedExceptions.add(exception);
    rest = rest.replaceAll(exception.text, exception.text.replace(/\S/g, "-"));
  }
  // A line break, and the star of a comment after it, separates two words as a space does.
  const flat = rest.replace(/\n[ \t]*(?:\*|\/\/|#)?[ \t]*/g, (space) => "\n".padEnd(space.length));
  return [...flat.replaceAll("\n", " ").matchAll(PROSE)].map(
    ({ 0: word, index }) => `${file}:${firstLine + text.slice(0, index).split("\n").length - 1}: ${word}`,
  );
}

const isText = (node: ts.Node) =>
  ts.isStringLiteralLike(node) ||
  ts.isJsxText(node) ||
  ts.isTemplateHead(node) ||
  ts.isTemplateMiddleOrTemplateTail(node);

/** Retired identifiers, and retired words in comments and string literals. */
export function checkCode(file: string, code: string, firstLine = 1): string[] {
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const lineOf = (position: number) => firstLine + source.getLineAndCharacterOfPosition(position).line;
  const hits: string[] = [];
  const visitNode = (node: ts.Node): void => {
    const start = node.getStart(source);
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node))
      hits.push(...checkName(file, node.text).map((hit) => `${file}:${lineOf(start)}: identifier ${hit}`));
    const children = node.getChildren(source).filter((child) => !ts.isJSDoc(child));
    if (children.length > 0) {
      children.forEach(visitNode);
      return;
    }
    const comments = code.slice(node.getFullStart(), start);
    hits.push(...checkProse(file, comments, lineOf(node.getFullStart())));
    if (isText(node)) hits.push(...checkProse(file, node.getText(source), lineOf(start)));
  };
  visitNode(source);
  return hits;
}

/** Retired names and words in a GraphQL document. */
export function checkGraphql(file: string, text: string, firstLine = 1): string[] {
  const names: string[] = [];
  visit(parse(text), { Name: ({ value }) => void names.push(value) });
  const found = [...new Set(names)].flatMap((name) => checkName(file, name));
  return [...found.map((hit) => `${file}: name ${hit}`), ...checkProse(file, text, firstLine)];
}

/** Retired words in a Markdown page, in its code blocks, and in the names of source files that it mentions; tests may have any name. */
export function checkMarkdown(file: string, text: string): string[] {
  const withoutLinks = text.replace(/\]\([^)\s]*\)|^\[[^\]]+\]: \S+$/gm, (link) => link.replace(/[^\n]/g, " "));
  const sources = new Set(
    [...text.matchAll(/[\w./-]+\.(?:tsx?|mjs|graphql)\b/g)].map(String).filter((path) => !path.includes("test/")),
  );
  const code = findCodeBlocks(text).flatMap((block) => {
    if (["ts", "js"].includes(block.language))
      return checkCode(file, block.text).filter((hit) => hit.includes("identifier"));
    if (block.language === "graphql") return checkGraphql(file, block.text).filter((hit) => hit.includes(": name "));
    return [];
  });
  return [...checkProse(file, withoutLinks), ...[...sources].flatMap(checkFileName), ...code];
}

/** Retired words in a file, by its kind. */
export function checkFile(file: string): string[] {
  const text = readText(file);
  const name = checkFileName(file);
  if (/\.(?:tsx?|mjs|cjs|js)$/.test(file)) return [...name, ...checkCode(file, text)];
  if (file.endsWith(".graphql")) return [...name, ...checkGraphql(file, text)];
  if (file.endsWith(".md")) return checkMarkdown(file, text);
  return [...name, ...checkProse(file, text)];
}
