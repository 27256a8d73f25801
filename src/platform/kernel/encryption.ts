import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { canonicalJson } from "./canonical-json";
import { InvalidEncryptionKey, DecryptionFailed } from "./encryption.errors";

const KEY_BYTES = 32;
const CIPHER = "aes-256-gcm";
/** 96 random bits: good for 2^32 seals under one key (NIST SP 800-38D, 8.3). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = "v1";

/** What a sealed text belongs to: it opens only for the same row and the same purpose. */
export interface EncryptionContext {
  readonly rowId: string;
  readonly purpose: "input" | "idempotencyKey" | "message";
}

/** Everything secret about stored operations and messages, under one key. Each use has a sub-key of its own. */
export interface Encryption {
  /** Encrypts and authenticates `plain`; every call gives another text. */
  encrypt(plaintext: string, context: EncryptionContext): string;
  /** The text that was sealed. Throws DecryptionFailed if it was changed, moved or sealed under another key. */
  decrypt(ciphertext: string, context: EncryptionContext): string;
  /** Equal for equal kinds and inputs (see `canonicalJson`, whose TypeError it throws), and tells nothing of them. */
  fingerprint(kind: string, input: unknown): string;
  /** The same for the same principal and idempotency key, and tells nothing of them. */
  digestKey(principal: string, idempotencyKey: string): string;
  /** Tells whether two processes have the same key, and nothing of the key. */
  readonly checkValue: string;
}

/**
 * `encodedKey` is LEDGER_KEY: 32 bytes in standard base64. Another key opens nothing sealed under this one and does not recognise its
 * idempotency keys, so a key in use is not replaced. Throws InvalidEncryptionKey.
 */
export function createEncryption(encodedKey: string): Encryption {
  const rootKey = Buffer.from(encodedKey, "base64");
  // Buffer.from skips what is not base64; the text must be the very one the bytes encode to.
  if (rootKey.length !== KEY_BYTES || rootKey.toString("base64") !== encodedKey) throw new InvalidEncryptionKey();
  const deriveKey = (purpose: string): Buffer =>
    Buffer.from(hkdfSync("sha256", rootKey, "", `ledger/${VERSION}/${purpose}`, KEY_BYTES));
  const encryptionKey = deriveKey("seal");
  const fingerprintKey = deriveKey("fingerprint");
  const digestKey = deriveKey("key-digest");
  return {
    encrypt: (plaintext, context) => encrypt(encryptionKey, plaintext, context),
    decrypt: (ciphertext, context) => decrypt(encryptionKey, ciphertext, context),
    fingerprint: (kind, input) => hmac(fingerprintKey, [kind, input]),
    digestKey: (principal, idempotencyKey) => hmac(digestKey, [principal, idempotencyKey]),
    checkValue: hmac(deriveKey("key-check"), ["LEDGER_KEY"]),
  };
}

function encrypt(key: Buffer, plaintext: string, context: EncryptionContext): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(associatedData(context));
  const body = Buffer.concat([nonce, cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${VERSION}.${body.toString("base64url")}`;
}

function decrypt(key: Buffer, ciphertext: string, context: EncryptionContext): string {
  try {
    const [version, encodedBody = ""] = ciphertext.split(".", 2);
    const body = Buffer.from(encodedBody, "base64url");
    if (version !== VERSION || body.length < NONCE_BYTES + TAG_BYTES) throw new Error("not a sealed text");
    const decipher = createDecipheriv(CIPHER, key, body.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
      .setAAD(associatedData(context))
      .setAuthTag(body.subarray(-TAG_BYTES));
    return decipher.update(body.subarray(NONCE_BYTES, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
  } catch (error) {
    throw new DecryptionFailed(context.rowId, error);
  }
}

function associatedData({ rowId, purpose }: EncryptionContext): Buffer {
  return Buffer.from(canonicalJson([VERSION, rowId, purpose]));
}

// A list, not a concatenation: ("ab", "c") and ("a", "bc") must differ.
function hmac(key: Buffer, parts: readonly unknown[]): string {
  return createHmac("sha256", key).update(canonicalJson(parts)).digest("base64url");
}
