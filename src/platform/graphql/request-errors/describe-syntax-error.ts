import { type GraphQLError } from "graphql";
import { RequestError } from "./request-error";

/** What graphql-js found: how its message begins, without the text of the document that it quotes, and what we say. */
const SENTENCES: readonly (readonly [start: string, sentence: string])[] = [
  ["Unterminated string", "Unterminated string"],
  ["Invalid character within String", "Invalid character in a string"],
  ["Invalid Unicode escape sequence", "Invalid Unicode escape sequence in a string"],
  ["Invalid character escape sequence", "Invalid escape sequence in a string"],
  ["Invalid number, unexpected digit after 0", "Invalid number: it must not begin with 0 (a text needs double quotes)"],
  ["Invalid number", "Invalid number: expected a digit"],
  ["Unexpected variable", "Unexpected variable in a constant value"],
  ["Unexpected description", "Unexpected description"],
  ["Unexpected single quote", 'Unexpected "\'" (strings need double quotes)'],
];

/** Describes what begins at a position. Says a name, number or string only by its kind: it can be a misplaced value. */
function describeTokenAt(text: string, position: number): string {
  const codePoint = text.codePointAt(position);
  if (codePoint === undefined) return "the end of the document";
  const character = String.fromCodePoint(codePoint);
  if (/[A-Za-z_]/.test(character)) return "a name";
  if (/[-0-9]/.test(character)) return "a number";
  if (character === '"') return "a string";
  if (text.startsWith("...", position)) return '"..."';
  if (/[!-~]/.test(character)) return `"${character}"`;
  if (/[\p{L}\p{M}\p{N}]/u.test(character)) return "a letter or digit that is only allowed in strings";
  return `character U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}`;
}

function toSentence(message: string, text: string, position: number): string {
  const known = SENTENCES.find(([start]) => message.startsWith(`Syntax Error: ${start}`));
  if (known) return known[1];
  const found = describeTokenAt(text, position);
  // What the grammar expects is a punctuator, a keyword or a kind of token.
  const expected = /^Syntax Error: Expected (\S{1,16}), found /.exec(message)?.[1];
  return expected === undefined
    ? `Unexpected ${found.replace(/^(an?|the) /, "")}`
    : `Expected ${expected}, found ${found}`;
}

/** Says where the syntax error is, and which character or kind of token is wrong there. */
export function describeSyntaxError({ message, source, positions, locations, extensions }: GraphQLError): RequestError {
  const [position] = positions ?? [];
  const [location] = locations ?? [];
  if (!source || position === undefined || !location) {
    return new RequestError("Syntax Error.", "GRAPHQL_PARSE_FAILED", { extensions });
  }
  const { line, column } = location;
  const description = toSentence(message, source.body, position);
  return new RequestError(`Syntax Error: ${description} at line ${line}, column ${column}.`, "GRAPHQL_PARSE_FAILED", {
    source,
    positions: [position],
    extensions,
  });
}
