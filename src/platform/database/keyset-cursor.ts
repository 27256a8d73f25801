/** The text is not a cursor. */
export class InvalidCursor extends Error {
  override readonly name = "InvalidCursor";

  constructor() {
    super("The cursor is not valid");
  }
}

/** The position of a row in a list ordered by a moment (epoch ms) and an id. Rows added before it do not change it. */
export interface CursorPosition {
  readonly at: number;
  readonly id: string;
}

export function encodeCursor({ at, id }: CursorPosition): string {
  return Buffer.from(`${at}:${id}`).toString("base64url");
}

/** Throws InvalidCursor. */
export function decodeCursor(cursor: string): CursorPosition {
  const [, at, id] = /^(\d{1,15}):([0-9a-f-]{36})$/.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  if (at === undefined || id === undefined) throw new InvalidCursor();
  return { at: Number(at), id };
}
