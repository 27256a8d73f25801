export type PersonType = "NATURAL" | "LEGAL";

export function isPersonType(value: unknown): value is PersonType {
  return value === "NATURAL" || value === "LEGAL";
}

/** Modulo 11 over the characters before; weights run 2, 3, … from the right and start again after `highest`. */
function checkDigit(characters: string, highest: number): string {
  let sum = 0;
  for (let place = 0; place < characters.length; place += 1) {
    // A letter of a CNPJ counts as its ASCII code less 48 (July 2026); a digit does so anyway.
    sum += (characters.charCodeAt(characters.length - 1 - place) - 48) * (2 + (place % (highest - 1)));
  }
  const rest = sum % 11;
  return rest < 2 ? "0" : String(11 - rest);
}

function hasCheckDigits(document: string, highest: number): boolean {
  const first = checkDigit(document.slice(0, -2), highest);
  return document.endsWith(first + checkDigit(document.slice(0, -2) + first, highest));
}

/** A CPF for a NATURAL person, a CNPJ (letters allowed in its first twelve places) for a LEGAL one. */
export function isTaxId(type: PersonType, document: string): boolean {
  return type === "NATURAL"
    ? /^\d{11}$/.test(document) && hasCheckDigits(document, 12)
    : /^[0-9A-Z]{12}\d{2}$/.test(document) && hasCheckDigits(document, 9);
}
