import { cnpj, cpf } from "cpf-cnpj-validator";

export type PersonType = "NATURAL" | "LEGAL";

/** A CPF (11 digits) or CNPJ (14 places, letters allowed in the first 12) with its zeros, and whose it is. */
export interface Party {
  readonly personType: PersonType | null;
  readonly document: string | null;
}

const LENGTH: Record<PersonType, number> = { NATURAL: 11, LEGAL: 14 };

/** Without a stated type, the length tells; a short number may be either, so its check digits decide. */
function typeOf(text: string): PersonType | null {
  if (text.length > LENGTH.NATURAL) return "LEGAL";
  if (cpf.isValid(text.padStart(LENGTH.NATURAL, "0"))) return "NATURAL";
  return cnpj.isValid(text.padStart(LENGTH.LEGAL, "0")) ? "LEGAL" : null;
}

/** Reads a document that may come as a number or as text, with or without its leading zeros and punctuation. */
export function readParty(document: unknown, type: unknown): Party {
  const stated = type === "NATURAL" || type === "LEGAL" ? type : null;
  const text = typeof document === "number" ? document.toFixed(0) : typeof document === "string" ? document : "";
  const bare = text.replace(/[.\-/\s]/g, "").toUpperCase();
  if (!/^(\d{1,14}|[0-9A-Z]{12}\d{2})$/.test(bare)) return { personType: stated, document: null };
  const personType = stated ?? typeOf(bare);
  return { personType, document: personType ? bare.padStart(LENGTH[personType], "0") : bare };
}
