import { isCnpj, isCpf } from "../../providers/delbank/tax-id";

const EMAIL = /[^\s@]@[^\s@]/;
/** Groups of letters and digits with the separators of documents between them, so that a document is in one run in any of its forms. */
const RUNS = /[0-9A-Z]+(?:[\s./\\_\p{Pd}]{1,3}[0-9A-Z]+)*/gu;
const SEPARATOR = /[\s./\\_\p{Pd}]+/u;

const isDocument = (text: string) => (text.length === 11 && isCpf(text)) || (text.length === 14 && isCnpj(text));

/** A document that consists of whole groups of the run. */
function hasDocument(run: string): boolean {
  const groups = run.split(SEPARATOR);
  return groups.some((_, start) => {
    let joined = "";
    for (const group of groups.slice(start)) {
      joined += group;
      if (joined.length > 14) return false;
      if (isDocument(joined)) return true;
    }
    return false;
  });
}

/** A CPF directly after letters, as in `CPF04623217035`. */
const hasDocumentInDigits = (text: string) => (text.match(/\d+/g) ?? []).some(isDocument);

/** Whether the text holds an e-mail address, a CPF or a CNPJ, with or without punctuation. */
export function hasPersonalData(text: string): boolean {
  const plain = text.normalize("NFKC").replace(/\p{Cf}/gu, "");
  if (EMAIL.test(plain)) return true;
  return hasDocumentInDigits(plain) || (plain.toUpperCase().match(RUNS) ?? []).some(hasDocument);
}
