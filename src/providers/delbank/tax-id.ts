import { cnpj, cpf } from "cpf-cnpj-validator";

export type PersonType = "NATURAL" | "LEGAL";

/** Who is meant by a document, as far as that can be told. */
export interface Party {
  readonly personType: PersonType | null;
  /** The document to show; null if it cannot be read. It identifies nobody: see `taxId`. */
  readonly document: string | null;
  /** The one CPF (11 digits) or CNPJ (14 places) that the document stands for, or null. The only member that decides ownership. */
  readonly taxId: string | null;
  /** Every CPF and CNPJ that the document can stand for. If `taxId` is null and this is not empty, the document is ambiguous. */
  readonly possibleTaxIds: readonly string[];
}

const LENGTH: Record<PersonType, number> = { NATURAL: 11, LEGAL: 14 };
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
const WRITTEN_CPF = /^\d{3}[. ]?\d{3}[. ]?\d{3}[- ]?\d{2}$/;
const WRITTEN_CNPJ = /^[0-9A-Za-z]{2}[. ]?[0-9A-Za-z]{3}[. ]?[0-9A-Za-z]{3}[/ ]?[0-9A-Za-z]{4}[- ]?\d{2}$/;
const DIGITS = /^\d{1,14}$/;
const SEPARATORS = /[./ -]/g;
const MAX_NUMBER = 99_999_999_999_999;

/** A document without separators, and what its form still allows. */
interface Written {
  readonly bare: string;
  readonly mayBe: readonly PersonType[];
}

/** Undefined for what is no document: a fraction, a negative number, an exponent in text, too many digits. */
function readWritten(document: unknown): Written | undefined {
  if (typeof document === "number") {
    if (!Number.isInteger(document) || document < 0 || document > MAX_NUMBER) return undefined;
    const bare = String(document);
    return { bare, mayBe: bare.length > LENGTH.NATURAL ? ["LEGAL"] : ["NATURAL", "LEGAL"] };
  }
  if (typeof document !== "string") return undefined;
  const text = document.trim();
  const bare = text.replace(SEPARATORS, "").toUpperCase();
  // Digits that begin with another than 0 may have lost zeros: these are not known to be all of it.
  const mayHaveLostZeros = DIGITS.test(text) && (text.length < LENGTH.NATURAL || !text.startsWith("0"));
  if (mayHaveLostZeros) return { bare, mayBe: bare.length > LENGTH.NATURAL ? ["LEGAL"] : ["NATURAL", "LEGAL"] };
  if (WRITTEN_CPF.test(text)) return { bare, mayBe: ["NATURAL"] };
  return WRITTEN_CNPJ.test(text) || DIGITS.test(text) ? { bare, mayBe: ["LEGAL"] } : undefined;
}

const isValid: Record<PersonType, (text: string) => boolean> = { NATURAL: isCpf, LEGAL: isCnpj };
const padded = (bare: string, type: PersonType) => bare.padStart(LENGTH[type], "0");

/** The valid tax ids that the document can stand for, at most one of each type. */
function readingsOf({ bare, mayBe }: Written) {
  return mayBe.map((type) => ({ type, taxId: padded(bare, type) })).filter(({ type, taxId }) => isValid[type](taxId));
}

function readType(type: unknown): PersonType | null {
  const name = typeof type === "string" ? type.trim().toUpperCase() : type;
  return name === "NATURAL" || name === "LEGAL" ? name : null;
}

/**
 * Reads a document that may come as a number or as text, with or without its leading zeros and punctuation. Without a type, a
 * document that is valid both as a CPF and as a CNPJ is ambiguous (every number that fits nine digits is, if it is one of them);
 * so is one that is valid only as the other type than the stated one. See docs/decisions/0025-ambiguous-documents.md.
 */
export function readParty(document: unknown, type: unknown): Party {
  const stated = readType(type);
  const written = readWritten(document);
  if (!written) return { personType: stated, document: null, taxId: null, possibleTaxIds: [] };
  const { bare } = written;
  const readings = readingsOf(written);
  const fitting = stated === null ? readings : readings.filter((reading) => reading.type === stated);
  const [only, another] = fitting;
  if (only && !another) {
    return { personType: only.type, document: only.taxId, taxId: only.taxId, possibleTaxIds: [only.taxId] };
  }
  const possibleTaxIds = readings.map(({ taxId }) => taxId);
  const personType = stated ?? (bare.length > LENGTH.NATURAL ? "LEGAL" : null);
  // What is valid as nothing is shown as its type writes it; what is ambiguous is shown as it came.
  const shown = personType !== null && possibleTaxIds.length === 0 ? padded(bare, personType) : bare;
  return { personType, document: shown, taxId: null, possibleTaxIds };
}

/** Whether a document is one of which it cannot be told whose it is: it belongs to no one. */
export function isAmbiguous({ taxId, possibleTaxIds }: Party): boolean {
  return taxId === null && possibleTaxIds.length > 0;
}

/**
 * Reads a token's claim as an untyped document is read, but for text of eleven digits: an issuer that writes a whole CPF means it.
 */
export function readTaxIdClaim(claim: unknown): Party {
  const isWholeCpf = typeof claim === "string" && CPF.test(claim.trim()) && isCpf(claim.trim());
  return readParty(claim, isWholeCpf ? "NATURAL" : undefined);
}
