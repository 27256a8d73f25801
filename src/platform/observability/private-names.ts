/** Parts of names: a member that has one of them in its name holds a secret or personal data, wherever it appears. */
const PRIVATE_PARTS = [
  // secrets
  "authorization",
  "cookie",
  "credential",
  "password",
  "passphrase",
  "secret",
  "token",
  "jwt",
  "signature",
  "apikey",
  "privatekey",
  "ledgerkey",
  "idempotencykey",
  "accountid",
  "databaseurl",
  "connectionstring",
  // persons
  "document",
  "taxid",
  "cpf",
  "cnpj",
  "email",
  "phone",
  "firstname",
  "lastname",
  "fullname",
  "username",
  "birth",
  "address",
  "zipcode",
  "postalcode",
];

/** Whole names: what may hold any of these, or one of them under a name that says nothing. */
const PRIVATE_NAMES = new Set([
  "name",
  "key",
  "headers",
  "body",
  "data",
  "input",
  "variables",
  "query",
  "config",
  "message",
]);

/** Whether the member's value must never be written out. Case, "_" and "-" make no difference. The only list. */
export function isPrivateName(name: string): boolean {
  const normalized = name.toLowerCase().replace(/[^a-z]/g, "");
  return PRIVATE_NAMES.has(normalized) || PRIVATE_PARTS.some((part) => normalized.includes(part));
}
