/** A member whose name contains one of these holds a secret or personal data. */
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
  "encryptionkey",
  "idempotencykey",
  "accountid",
  "databaseurl",
  "connectionstring",
  // personal data
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

/** Whole names whose values can contain any of the above. */
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

/** Whether the value of a member must not be logged. Ignores case, "_" and "-". */
export function isPrivateName(name: string): boolean {
  const normalized = name.toLowerCase().replace(/[^a-z]/g, "");
  return PRIVATE_NAMES.has(normalized) || PRIVATE_PARTS.some((part) => normalized.includes(part));
}
