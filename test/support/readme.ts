import { readFileSync } from "node:fs";
import { join } from "node:path";

export const README = readFileSync(join(__dirname, "../../README.md"), "utf8");

/** The table whose first column has this name: its rows, their cells trimmed. */
export function table(name: string): string[][] {
  const lines = README.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${name} `));
  const end = lines.findIndex((line, index) => index > start && !line.startsWith("|"));
  if (start < 0) throw new Error(`the README has no table "${name}"`);
  return lines.slice(start + 2, end).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Everything between backticks. */
export const names = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
