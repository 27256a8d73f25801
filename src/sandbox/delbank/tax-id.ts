export type PersonType = "NATURAL" | "LEGAL";

export function isPersonType(value: unknown): value is PersonType {
  return value === "NATURAL" || value === "LEGAL";
}

/** Modulo 11 over the preceding characters. Weights are 2, 3, … from the right, and restart after `highest`. */
function computeCheckDigit(characters: string, maxWeight: number): string {
  let sum = 0;
  for (let index = 0; index < characters.length; index += 1) {
    // The value of a letter in a CNPJ is its ASCII code minus 48 (July 2026), as for a digit.
    sum += (characters.charCodeAt(characters.length - 1 - index) - 48) * (2 + (index % (maxWeight - 1)));
  }
  const remainder = sum % 11;
  return remainder < 2 ? "0" : String(11 - remainder);
}

function hasCheckDigits(document: string, maxWeight: number): boolean {
  const first = computeCheckDigit(document.slice(0, -2), maxWeight);
  return document.endsWith(first + computeCheckDigit(document.slice(0, -2) + first, maxWeight));
}

/** A CPF for a NATURAL person, a CNPJ (letters allowed in its first twelve places) for a LEGAL one. */
export function isTaxId(type: PersonType, document: string): boolean {
  return type === "NATURAL"
    ? /^\d{11}$/.test(document) && hasCheckDigits(document, 12)
    : /^[0-9A-Z]{12}\d{2}$/.test(document) && hasCheckDigits(document, 9);
}
