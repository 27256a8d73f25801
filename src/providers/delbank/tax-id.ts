import { cnpj, cpf } from "cpf-cnpj-validator";

export type PersonType = "NATURAL" | "LEGAL";

/** The person or company that a document identifies. */
export interface Party {
  readonly personType: PersonType | null;
  /** The document to show; null if it cannot be parsed. Must not be used for ownership: see `taxId`. */
  readonly document: string | null;
  /** The one CPF (11 digits) or CNPJ (14 places) that the document stands for, or null. The only member that decides ownership. */
  readonly taxId: string | null;
  /** Every CPF and CNPJ that the document can stand for. If `taxId` is null and this is not empty, the document is ambiguous. */
  readonly possibleTaxIds: readonly string[];
}

const TAX_ID_LENGTH: Record<PersonType, number> = { NATURAL: 11, LEGAL: 14 };
const CPF = /^\d{11}$/;
const CNPJ = /^[0-9A-Z]{12}\d{2}$/;

/** Whether the text is a CPF, check digits included. */
export function isCpf(text: string): boolean {
  return CPF.test(text) && cpf.isValid(text);
}

/** Whether the text is a CNPJ (letters allowed in its first 12 places since July 2026), check digits included. */
export function isCnpj(text: string): boolean {
  return CNPJ.test(text) && cnpj.isValid(text);
}

// Separators only in their own places: of "191.0", a number made text, nothing may be left out.
const FORMATTED_CPF = /^\d{3}[. ]?\d{3}[. ]?\d{3}[- ]?\d{2}$/;
const FORMATTED_CNPJ = /^[0-9A-Za-z]{2}[. ]?[0-9A-Za-z]{3}[. ]?[0-9A-Za-z]{3}[/ ]?[0-9A-Za-z]{4}[- ]?\d{2}$/;
const DIGITS = /^\d{1,14}$/;
const SEPARATORS = /[./ -]/g;
const MAX_NUMBER = 99_999_999_999_999;

/** A document without separators, and what its form still allows. */
interface NormalizedDocument {
  readonly value: string;
  readonly possibleTypes: readonly PersonType[];
}

/** Returns undefined for a value that is not a document: a fraction, a negative number, an exponent in text, too many digits. */
function normalizeDocument(document: unknown): NormalizedDocument | undefined {
  if (typeof document === "number") {
    if (!Number.isInteger(document) || document < 0 || document > MAX_NUMBER) return undefined;
    const value = String(document);
    return { value, possibleTypes: value.length > TAX_ID_LENGTH.NATURAL ? ["LEGAL"] : ["NATURAL", "LEGAL"] };
  }
  if (typeof document !== "string") return undefined;
  const text = document.trim();
  const value = text.replace(SEPARATORS, "").toUpperCase();
  // Digits that begin with another than 0 may have lost zeros: these are not known to be all of it.
  const mayHaveLostZeros = DIGITS.test(text) && (text.length < TAX_ID_LENGTH.NATURAL || !text.startsWith("0"));
  if (mayHaveLostZeros)
    return { value, possibleTypes: value.length > TAX_ID_LENGTH.NATURAL ? ["LEGAL"] : ["NATURAL", "LEGAL"] };
  if (FORMATTED_CPF.test(text)) return { value, possibleTypes: ["NATURAL"] };
  return FORMATTED_CNPJ.test(text) || DIGITS.test(text) ? { value, possibleTypes: ["LEGAL"] } : undefined;
}

const isValid: Record<PersonType, (text: string) => boolean> = { NATURAL: isCpf, LEGAL: isCnpj };
const padTaxId = (value: string, type: PersonType) => value.padStart(TAX_ID_LENGTH[type], "0");

/** The valid tax ids that the document can stand for, at most one of each type. */
function findCandidates({ value, possibleTypes }: NormalizedDocument) {
  return possibleTypes
    .map((type) => ({ type, taxId: padTaxId(value, type) }))
    .filter(({ type, taxId }) => isValid[type](taxId));
}

function parsePersonType(type: unknown): PersonType | null {
  const name = typeof type === "string" ? type.trim().toUpperCase() : type;
  return name === "NATURAL" || name === "LEGAL" ? name : null;
}

/**
 * Parses a document that may be a number or as text, with or without its leading zeros and punctuation. Without a type, a
 * document that is valid both as a CPF and as a CNPJ is ambiguous (every number that fits nine digits is, if it is one of them);
 * so is one that is valid only as the other type than the stated one. See docs/decisions/0025-ambiguous-documents.md.
 */
export function parseParty(document: unknown, type: unknown): Party {
  const statedType = parsePersonType(type);
  const normalized = normalizeDocument(document);
  if (!normalized) return { personType: statedType, document: null, taxId: null, possibleTaxIds: [] };
  const { value } = normalized;
  const candidates = findCandidates(normalized);
  const matching = statedType === null ? candidates : candidates.filter((candidate) => candidate.type === statedType);
  const [first, second] = matching;
  if (first && !second) {
    return { personType: first.type, document: first.taxId, taxId: first.taxId, possibleTaxIds: [first.taxId] };
  }
  const possibleTaxIds = candidates.map(({ taxId }) => taxId);
  const personType = statedType ?? (value.length > TAX_ID_LENGTH.NATURAL ? "LEGAL" : null);
  // An invalid document is shown padded to its type; an ambiguous one is shown as received.
  const displayDocument = personType !== null && possibleTaxIds.length === 0 ? padTaxId(value, personType) : value;
  return { personType, document: displayDocument, taxId: null, possibleTaxIds };
}

/** Whether a document stands for several tax ids, or for one of the other type: it proves no ownership. */
export function isAmbiguous({ taxId, possibleTaxIds }: Party): boolean {
  return taxId === null && possibleTaxIds.length > 0;
}

/**
 * Parses a token claim like an untyped document, except that a valid text of 11 digits is a CPF.
 */
export function parseTaxIdClaim(claim: unknown): Party {
  const isWholeCpf = typeof claim === "string" && CPF.test(claim.trim()) && isCpf(claim.trim());
  return parseParty(claim, isWholeCpf ? "NATURAL" : undefined);
}
