import { sanitizeText } from "../platform/kernel/sanitize-text";

const MAX_CELL_LENGTH = 120;
/** A decision with a reason and evidence of the maximum length fits. */
const MAX_LINE_LENGTH = 4000;

/** Stored text can hold characters that control a terminal. */
export const toCell = (value: string | number | null) =>
  value === null ? "-" : sanitizeText(String(value), MAX_CELL_LENGTH).trim() || "-";

/** One line of text that may quote stored text. */
export const toLine = (line: string) => sanitizeText(line, MAX_LINE_LENGTH);

export const toTime = (ms: number) => new Date(ms).toISOString();

/** Columns of equal width, two spaces apart. */
export function toTable(header: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  const lines = [header, ...rows.map((row) => row.map(toCell))];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
] as const;

/** A duration in its two largest units, for example `2h 5m`. */
export function toDuration(ms: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, ms);
  for (const [unit, unitMs] of UNITS) {
    const count = Math.floor(rest / unitMs);
    rest -= count * unitMs;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.slice(0, 2).join(" ") || "0s";
}

/** JSON whose text holds no character that controls a terminal: JSON itself escapes only those below U+0020. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
