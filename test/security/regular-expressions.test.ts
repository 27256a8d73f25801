import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { StepCounter } from "../kit/security/match-steps";

const ROOT = join(__dirname, "../..");
/** Characters of a hostile text. A pattern whose steps grow with the square takes half as many steps for each character. */
const LENGTH = 200;
/** The most steps for each character; a pattern that scans the text once takes about one for each of its alternatives. */
const MAX_STEPS = 20;

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

const fill = (unit: string) => unit.repeat(Math.ceil(LENGTH / unit.length)).slice(0, LENGTH);

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

/** Texts that a backtracking pattern may stumble over: repeats of what it accepts, alone, in pairs, and nearly right. */
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
    `${text.slice(0, LENGTH / 2)}\u0000${text.slice(LENGTH / 2 + 1)}`,
  ]);
  const words = units.filter((unit) => unit.length > 1).map((word) => `${word}${fill("a")}`.slice(0, LENGTH));
  return [...new Set([...one, ...pairs, ...almost, ...words])];
}

/** The text over which the pattern takes most steps for each character, Infinity if they are more than `MAX_STEPS`. */
function findWorstText(pattern: RegExp): { stepsPerCharacter: number; text: string } {
  const counter = new StepCounter(pattern);
  let worst = { stepsPerCharacter: 0, text: "" };
  for (const text of hostileTexts(pattern)) {
    const steps = counter.run(text, MAX_STEPS * LENGTH)?.steps ?? Infinity;
    if (steps / LENGTH > worst.stepsPerCharacter) {
      worst = { stepsPerCharacter: steps / LENGTH, text: JSON.stringify(text.slice(0, 20)) };
    }
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
  "%s takes more steps than a pattern may, because it backtracks",
  (pattern) => {
    expect(findWorstText(pattern).stepsPerCharacter).toBeGreaterThan(MAX_STEPS);
  },
);

test("the expressions of the source are found in all of its parts", () => {
  expect(EXPRESSIONS.length).toBeGreaterThan(40);
  for (const part of ["platform", "providers", "features", "sandbox"]) {
    expect(EXPRESSIONS.some(({ where }) => where.startsWith(`src/${part}/`))).toBe(true);
  }
});

describe.each(EXPRESSIONS.map(({ where, pattern }) => [where, String(pattern), pattern] as const))(
  "%s: %s",
  (_where, _text, pattern) => {
    test(`takes at most ${MAX_STEPS} steps for each character of any hostile text`, () => {
      const { stepsPerCharacter, text } = findWorstText(pattern);
      expect(stepsPerCharacter <= MAX_STEPS ? "linear" : `${stepsPerCharacter} steps each for ${text}`).toBe("linear");
    });

    test("matches in the step counter what it matches in the engine", () => {
      const counter = new StepCounter(pattern);
      const all = new RegExp(pattern, pattern.global ? pattern.flags : `${pattern.flags}g`);
      const differing = hostileTexts(pattern).filter((text) => {
        const counted = counter.run(text, MAX_STEPS * LENGTH)?.matches;
        if (!counted) return true; // the engine might never end
        const matches = [...text.matchAll(all)].map(([match]) => match);
        const expected = pattern.global ? matches : matches.slice(0, 1);
        return counted.join("\n") !== expected.join("\n");
      });
      expect(differing.map((text) => JSON.stringify(text.slice(0, 20)))).toEqual([]);
    });
  },
);
