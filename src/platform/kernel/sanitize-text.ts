// Control characters (line ends too), halves of surrogate pairs, and marks that turn the direction of what follows.
const UNSAFE_CHARACTERS = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

/**
 * Another party's text as people and logs may be shown it: at most `maxLength` UTF-16 units, on one line. Each run of what is
 * not plain becomes one space.
 */
export function sanitizeText(text: string, maxLength: number): string {
  return text.slice(0, maxLength).replace(UNSAFE_CHARACTERS, " ");
}
