import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createContext, Script } from "node:vm";
import ts from "typescript";

const ROOT = join(__dirname, "../..");
const SIZE = 100_000;
const LIMIT_MS = 5;
const REPETITIONS = 20;

interface Expression {
  /** `src/file.ts:line` */
  readonly where: string;
  readonly pattern: RegExp;
}

/** The value of text that is made of constants of the same file: literals, templates, `a + b`. Undefined for anything else. */
function textOf(node: ts.Expression | undefined, constants: ReadonlyMap<string, ts.Expression>): string | undefined {
  if (!node) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isIdentifier(node)) return textOf(constants.get(node.text), constants);
  if (ts.isBinaryExpression(node)) {
    const [left, right] = [textOf(node.left, constants), textOf(node.right, constants)];
    return left === undefined || right === undefined ? undefined : left + right;
  }
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.templateSpans.reduce<string | undefined>((text, { expression, literal }) => {
    const value = textOf(expression, constants);
    return text === undefined || value === undefined ? undefined : text + value + literal.text;
  }, node.head.text);
}

/** Every regular expression of a source text. Throws for one that is made of what is only known when it runs. */
function expressionsIn(file: string, source: string): Expression[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const constants = new Map<string, ts.Expression>();
  const found: Expression[] = [];
  function look(node: ts.Node): void {
    const where = `${file}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer) {
      constants.set(node.name.text, node.initializer);
    }
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf("/");
      found.push({ where, pattern: new RegExp(node.text.slice(1, end), node.text.slice(end + 1)) });
    }
    if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === "RegExp") {
      const [pattern, flags] = node.arguments ?? [];
      const text = textOf(pattern, constants);
      if (text === undefined) throw new Error(`${where}: a regular expression that cannot be read here`);
      found.push({ where, pattern: new RegExp(text, textOf(flags, constants) ?? "") });
    }
    ts.forEachChild(node, look);
  }
  look(tree);
  return found;
}

const SOURCES = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => /\.(ts|tsx|mjs)$/.test(file))
  .map((file) => join("src", file));
const EXPRESSIONS = SOURCES.flatMap((file) => expressionsIn(file, readFileSync(join(ROOT, file), "utf8")));

const fill = (unit: string) => unit.repeat(Math.ceil(SIZE / unit.length)).slice(0, SIZE);

/** Characters and words that a pattern's own text names, and one of each class that it may mean by its signs. */
function unitsOf({ source }: RegExp): string[] {
  const named = source.replaceAll(/\\u\{?([0-9a-f]{1,6})\}?|\\x([0-9a-f]{2})/gi, (_all, u?: string, x?: string) =>
    String.fromCodePoint(Number.parseInt(u ?? x ?? "20", 16)),
  );
  const words = named
    .replaceAll(/\\[a-zA-Z]|[[\](){}?*+^$|\\]/g, "\n")
    .split("\n")
    .filter(Boolean);
  const classes = [
    "a",
    "Z",
    "0",
    " ",
    "\t",
    "\n",
    "\r\n",
    "-",
    "_",
    ".",
    "/",
    ",",
    ":",
    '"',
    "@",
    "é",
    "\u0000",
    "\u2028",
    "😀",
    "\ud800",
  ];
  return [...new Set([...words, ...words.flatMap((word) => [...word]), ...classes])];
}

/** Text of 100 kB that a backtracking pattern may stumble over: repeats of what it accepts, alone, in pairs, and nearly right. */
function hostileTexts(pattern: RegExp): string[] {
  const units = unitsOf(pattern);
  const one = units.map(fill);
  const pairs = units.flatMap((unit, index) => [
    fill(unit + (units[index + 1] ?? "a")),
    fill(`${unit}0`),
    fill(`a${unit}`),
  ]);
  const almost = one.flatMap((text) => [
    `${text.slice(1)}!`,
    `!${text.slice(1)}`,
    `${text.slice(0, SIZE / 2)}\u0000${text.slice(SIZE / 2 + 1)}`,
  ]);
  const words = units.filter((unit) => unit.length > 1).map((word) => `${word}${fill("a")}`.slice(0, SIZE));
  return [...one, ...pairs, ...almost, ...words];
}

const context = createContext({ performance, pattern: /x/, text: "" });
const attempt = new Script(`{
  const startedAt = performance.now();
  if (pattern.global) text.replace(pattern, ""); else pattern.exec(text);
  performance.now() - startedAt;
}`);

/** Infinity for what does not end in time: a pattern that backtracks over 100 kB would never. */
function timeMs(pattern: RegExp, text: string): number {
  Object.assign(context, { pattern: new RegExp(pattern), text });
  try {
    return attempt.runInContext(context, { timeout: 20 * LIMIT_MS }) as number;
  } catch {
    return Infinity;
  }
}

/** The slowest of the texts, each taken at the best of its repetitions: a busy machine only ever makes it slower. */
function worstMs(pattern: RegExp): { ms: number; text: string } {
  let worst = { ms: 0, text: "" };
  for (const text of hostileTexts(pattern)) {
    let best = Infinity;
    for (let run = 0; run < REPETITIONS && best >= LIMIT_MS; run += 1) best = Math.min(best, timeMs(pattern, text));
    if (best > worst.ms) worst = { ms: best, text: JSON.stringify(text.slice(0, 20)) };
    if (worst.ms >= LIMIT_MS) break;
  }
  return worst;
}

test("the search finds literals, constructed expressions and those made of constants, and none in comments", () => {
  const source = `
    // /not this/
    const TAIL = "(b|c)$";
    const one = /^a+\\/[/]$/giu;
    const two = new RegExp(\`^x\${TAIL}\`), three = RegExp("y" + TAIL, "u");
    const none = 4 / 2 / 1, text = "/a/";`;
  expect(expressionsIn("x.ts", source).map(({ pattern }) => String(pattern))).toEqual([
    String.raw`/^a+\/[/]$/giu`,
    "/^x(b|c)$/",
    "/y(b|c)$/u",
  ]);
  expect(() => expressionsIn("x.ts", "const p = (name: string) => new RegExp(name);")).toThrow("x.ts:1");
});

test.each([/^(a+)+$/, /^(\w|\d)+$/, /\s+$/, /a+b/, /(x*)y/, /<[^>]*>/g, /(.*),(.*),(.*);/])(
  "%s, which backtracks, is caught",
  (pattern) => {
    expect(worstMs(pattern).ms).toBeGreaterThan(LIMIT_MS);
  },
);

test("there are expressions to try, from every part of the source", () => {
  expect(EXPRESSIONS.length).toBeGreaterThan(40);
  for (const part of ["platform", "providers", "features", "sandbox"]) {
    expect(EXPRESSIONS.some(({ where }) => where.startsWith(`src/${part}/`))).toBe(true);
  }
});

test.each(EXPRESSIONS.map(({ where, pattern }) => [where, String(pattern), pattern] as const))(
  `%s: %s takes less than ${LIMIT_MS} ms for 100 kB`,
  (_where, _text, pattern) => {
    const { ms, text } = worstMs(pattern);
    expect(ms < LIMIT_MS ? "fast enough" : `${ms} ms for ${text}`).toBe("fast enough");
  },
);
