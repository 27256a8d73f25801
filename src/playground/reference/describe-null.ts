/** A field's description without what it says about null, and what null means. */
export interface NullDescription {
  readonly text: string;
  /** For example `if there is none`; undefined if the description does not mention null. */
  readonly meaning?: string;
}

const SENTENCE = /(^|[.\n]) ?(?:Returns null|Null) ((?:only|if|unless|until|for)\b[^.]*)\./;
const CLAUSE = /; null ((?:if|unless|until|with)\b[^.;]*)/;

export function describeNull(description: string | null | undefined): NullDescription {
  const full = description ?? "";
  const withoutSentence = full.replace(SENTENCE, "$1");
  const meanings = [SENTENCE.exec(full)?.[2], CLAUSE.exec(withoutSentence)?.[1]].filter(
    (meaning) => meaning !== undefined,
  );
  const text = withoutSentence.replace(CLAUSE, "").trim();
  return meanings.length === 0 ? { text } : { text, meaning: meanings.join("; ") };
}
