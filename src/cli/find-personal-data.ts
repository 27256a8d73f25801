import { isCnpj, isCpf } from "../providers/delbank/tax-id";

const EMAIL = /[^\s@]@[^\s@]/;

/** Evidence with as many digits as a document: a UUID, and a date with or without its time. */
const EVIDENCE = [
  /\b[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}\b/g,
  /\b(?:20\d\d([-/.])(?:0\d|1[0-2])\1[0-3]\d|[0-3]\d([-/.])(?:0\d|1[0-2])(?:\2)20\d\d)(?:[ T,]{1,2}[0-2]\d:[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?(?:Z| ?[-+]\d\d:?\d\d)?)?\b/g,
];

/** Groups of digits in any grouping; anything but a letter or a digit separates them. A letter before or after belongs to none. */
const DIGITS = /\d+(?:[^\p{L}\p{N}]+\d+)*/gu;
/** The same for a CNPJ with letters. */
const ALPHANUMERICS = /[0-9A-Z]+(?:[^\p{L}\p{N}]+[0-9A-Z]+)*/gu;
/** A CNPJ with letters and all its separators, and perhaps letters directly before or after it. */
const PUNCTUATED_CNPJ =
  /[0-9A-Z]{2}[^\p{L}\p{N}]+[0-9A-Z]{3}[^\p{L}\p{N}]+[0-9A-Z]{3}[^\p{L}\p{N}]+[0-9A-Z]{4}[^\p{L}\p{N}]+\d{2}/gu;
const SEPARATORS = /[^\p{L}\p{N}]+/gu;
/** How many places the groups of a CNPJ with letters have. In any other grouping, it could be a sentence. */
const CNPJ_GROUPS: readonly string[] = ["14", "12,2", "8,4,2", "2,3,3,4,2"];

const splitRuns = (text: string, runs: RegExp) => (text.match(runs) ?? []).map((run) => run.split(SEPARATORS));

/** Whether whole groups that follow each other are a document of at most 14 places. */
const hasDocument = (groups: readonly string[], isDocument: (groups: readonly string[]) => boolean) =>
  groups.some((_, start) =>
    groups.slice(start, start + 14).some((__, more) => isDocument(groups.slice(start, start + more + 1))),
  );

function isTaxId(groups: readonly string[]): boolean {
  const joined = groups.join("");
  return isCpf(joined) || isCnpj(joined);
}

function isCnpjWithLetters(groups: readonly string[]): boolean {
  const joined = groups.join("");
  const isWord = !/\d/.test(joined.slice(0, 12));
  return !isWord && CNPJ_GROUPS.includes(groups.map(({ length }) => length).join()) && isCnpj(joined);
}

function hasTaxId(text: string): boolean {
  return (
    splitRuns(text, DIGITS).some((groups) => hasDocument(groups, isTaxId)) ||
    (text.match(PUNCTUATED_CNPJ) ?? []).some((cnpj) => isCnpjWithLetters(cnpj.split(SEPARATORS))) ||
    splitRuns(text, ALPHANUMERICS).some((groups) => hasDocument(groups, isCnpjWithLetters))
  );
}

/**
 * Whether the text holds an e-mail address, a CPF or a CNPJ, with any separators. Only what has valid check digits is a document, and
 * only whole groups of digits are one: otherwise every tenth long identifier would hold a "CPF".
 */
export function hasPersonalData(text: string): boolean {
  const plain = text.normalize("NFKC").replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, "");
  if (EMAIL.test(plain)) return true;
  // A letter in place of the evidence: what is before it and behind it is not one run.
  const rest = EVIDENCE.reduce((left, evidence) => left.replace(evidence, "X"), plain.toUpperCase());
  return hasTaxId(rest) || hasTaxId(rest.replace(/CPF|CNPJ/g, " "));
}
