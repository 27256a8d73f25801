import { type CodeBlock, findCodeBlocks, readText } from "../../kit/pages";

export type Dialect = "sqlite" | "postgres";

/** One block of commands, and what the page shows as their output; undefined if it shows none. */
export interface Step {
  readonly title: string;
  readonly commands: string;
  readonly output: { readonly language: string; readonly text: string } | undefined;
  /** Whether the page says to repeat the commands until they print the output. */
  readonly isRepeated: boolean;
}

const REHEARSAL = "Rehearse it";
const REPEATED = "# Repeat until it shows this";
const OTHER_DATABASE: Readonly<Record<Dialect, RegExp>> = { sqlite: /PostgreSQL/, postgres: /SQLite/ };

interface Section {
  readonly title: string;
  readonly text: string;
}

/** What stands below each heading of level 2 or 3, with the titles of both. */
function splitSections(text: string): Section[] {
  let chapter = "";
  return text.split(/^(?=###? )/m).map((part) => {
    const [, level = "", title = ""] = /^(#+) (.*)$/m.exec(part) ?? [];
    if (level === "##") chapter = title;
    return { title: level === "###" ? `${chapter}: ${title}` : title, text: part };
  });
}

const toStep = (title: string, { text, next }: CodeBlock): Step => ({
  title,
  commands: text,
  output: next && next.language !== "sh" ? next : undefined,
  isRepeated: text.startsWith(REPEATED),
});

/** The commands of a runbook in the order of a rehearsal: its preparation is the last section. Those of another database are left out. */
export function readSteps(file: string, dialect: Dialect): Step[] {
  const sections = splitSections(readText(file)).filter(({ title }) => !OTHER_DATABASE[dialect].test(title));
  const isRehearsal = ({ title }: Section) => title.startsWith(REHEARSAL);
  return [...sections.filter(isRehearsal), ...sections.filter((section) => !isRehearsal(section))].flatMap(
    ({ title, text }) =>
      findCodeBlocks(text)
        .filter(({ language }) => language === "sh")
        .map((block) => toStep(title, block)),
  );
}

/** The same text without what differs in each run, and without the widths of columns. */
export const normalize = (text: string) =>
  text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "2026-01-01T00:00:00.000Z")
    .replace(/sha256:[0-9a-f]{16}/g, "sha256:0000000000000000")
    .replace(/\bIC\d{16}\w{11}\b/g, "IC0435879820260101aaaaaaaaaaa")
    .replace(/ {2}\d+(?:d|h|m|s)( \d+(?:d|h|m|s))?(?= {2})/g, "  1m") // AGE
    .replace(/ {2,}/g, "  ")
    .replace(/( {2}1m {2}\d+) {2}\d+(?= {2})/g, "$1  0") // READS
    .trim();

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/**
 * Returns a function that gives each id of a text the name that the pages use, in the order in which they appear:
 * 11111111-1111-4111-8111-111111111111, 22222222-… It adds each name to `replacements`, with the id.
 */
export function createIdNames(replacements: Record<string, string>): (text: string) => string {
  let count = 0;
  const nameOf = (id: string) => {
    const known = Object.keys(replacements).find((name) => replacements[name] === id);
    if (known !== undefined) return known;
    count += 1;
    const name = [8, 4, 4, 4, 12].map((length) => `${count}`.repeat(length)).join("-");
    const uuid = `${name.slice(0, 14)}4${name.slice(15, 19)}8${name.slice(20)}`;
    replacements[uuid] = id;
    return uuid;
  };
  return (text) => text.replace(UUID, nameOf);
}
