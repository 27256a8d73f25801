import { Lexer, Source, TokenKind } from "graphql";
import { type Limits } from "./derive-limits";
import { createLimitError } from "./limit.errors";

/** How many levels of brackets arguments and list types can add below the deepest field. */
const MAX_ARGUMENT_DEPTH = 16;

const OPENING = new Set<TokenKind>([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const CLOSING = new Set<TokenKind>([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/** Counts lines before tokens: the lexer skips any number of comments in one step, and every error searches for its line. */
function hasMoreLines(text: string, max: number): boolean {
  const line = /\r\n|[\n\r]/g;
  for (let lines = 1; lines <= max; lines += 1) if (!line.exec(text)) return false;
  return true;
}

/**
 * Enforces the limits that protect the parser: it is recursive, so its input must be short and shallow. Returns at a syntax
 * error, because the parser stops there too. Throws `LIMIT_EXCEEDED`.
 */
export function scanDocument(text: string, limits: Limits): void {
  if (text.length > limits.characters) throw createLimitError(limits, "characters");
  if (hasMoreLines(text, limits.lines)) throw createLimitError(limits, "lines");
  const lexer = new Lexer(new Source(text));
  let depth = 0;
  for (let tokens = 0; ; tokens += 1) {
    if (tokens > limits.tokens) throw createLimitError(limits, "tokens");
    const kind = readTokenKind(lexer);
    if (kind === undefined || kind === TokenKind.EOF) return;
    if (OPENING.has(kind)) depth += 1;
    else if (CLOSING.has(kind)) depth -= 1;
    if (depth > limits.depth + MAX_ARGUMENT_DEPTH) throw createLimitError(limits, "depth");
  }
}

function readTokenKind(lexer: Lexer): TokenKind | undefined {
  try {
    return lexer.advance().kind;
  } catch {
    return undefined;
  }
}
