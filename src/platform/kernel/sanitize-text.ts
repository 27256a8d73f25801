// Control characters (line ends too), unpaired surrogates, and bidirectional formatting characters.
const UNSAFE_CHARACTERS = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

/** Another party's text for display and logs: at most `maxLength` UTF-16 units, on one line. Each run of unsafe characters becomes one space. */
export function sanitizeText(text: string, maxLength: number): string {
  return text.slice(0, maxLength).replace(UNSAFE_CHARACTERS, " ");
}
