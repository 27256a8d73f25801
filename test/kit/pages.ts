import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** The root of the repository. */
export const ROOT = join(__dirname, "../..");

/** The text of a file of the repository. */
export const readText = (file: string) => readFileSync(join(ROOT, file), "utf8");

/** Whether a file or folder of the repository exists. */
export const fileExists = (file: string) => existsSync(join(ROOT, file));

/** The text of a file, or of all files below a folder. */
export function readAll(path: string): string {
  if (!statSync(join(ROOT, path)).isDirectory()) return readText(path);
  const inside = readdirSync(join(ROOT, path), { encoding: "utf8" });
  return inside.map((name) => readAll(join(path, name))).join("\n");
}

/** Every file below a folder, as a path from the root of the repository. */
export const listFiles = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((file) => `${folder}/${file}`)
    .filter((file) => statSync(join(ROOT, file)).isFile())
    .sort();

/** Every page of the documentation, as a path from the root of the repository. */
export const PAGES: readonly string[] = [
  ...["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"],
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`)
    .sort(),
];

/** A fenced block of code. */
export interface CodeBlock {
  readonly language: string;
  readonly text: string;
  /** The block that follows, whatever text is between them. */
  readonly next?: CodeBlock;
}

/** The fenced blocks of a page, in order. */
export function findCodeBlocks(page: string): CodeBlock[] {
  const matches = [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  return matches.reduceRight<CodeBlock[]>((blocks, [, language = "", text = ""]) => {
    const [next] = blocks;
    return [{ language, text, ...(next && { next }) }, ...blocks];
  }, []);
}

const splitCells = (line: string) =>
  line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The rows of every table of a page whose first column has this name, their cells trimmed. */
export function readTable(file: string, name: string): string[][] {
  const lines = readText(file).split("\n");
  const starts = lines.flatMap((line, index) => (line.startsWith(`| ${name} `) ? [index] : []));
  if (starts.length === 0) throw new Error(`${file} has no table "${name}"`);
  return starts.flatMap((start) => {
    const end = lines.findIndex((line, index) => index > start && !line.startsWith("|"));
    return lines.slice(start + 2, end).map(splitCells);
  });
}

/** Everything between backticks. */
export const findCodeSpans = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
