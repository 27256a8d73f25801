/** Masks all but the middle of a CPF or CNPJ; a text of any other length is masked completely. */
export function maskTaxId(document: string): string {
  if (document.length === 11) return `***.${document.slice(3, 6)}.${document.slice(6, 9)}-**`;
  if (document.length === 14) return `**.${document.slice(2, 5)}.${document.slice(5, 8)}/****-**`;
  return "***";
}

/** A CPF or CNPJ that `MaskedTaxId` serializes unmasked. The only way around the mask. */
export class UnmaskedTaxId {
  constructor(readonly text: string) {}
}
