import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { canonicalJson } from "./canonical-json";
import { InvalidEncryptionKey, DecryptionFailed } from "./encryption.errors";

const KEY_BYTES = 32;
const CIPHER = "aes-256-gcm";
/** 96 random bits: safe for 2^32 encryptions with one key (NIST SP 800-38D, 8.3). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Part of each stored ciphertext and of the key derivation, so it must not change. */
const VERSION = "v1";

/** What a ciphertext belongs to: it can only be decrypted for the same row and the same purpose. Authenticated, so it must not change. */
export interface EncryptionContext {
  readonly rowId: string;
  readonly purpose: "input" | "idempotencyKey" | "message";
}

/** Encryption and keyed digests of stored operations and messages with one key. Each use has a derived key of its own. */
export interface Encryption {
  /** Encrypts and authenticates `plaintext`; each call returns a different ciphertext. */
  encrypt(plaintext: string, context: EncryptionContext): string;
  /** Returns the plaintext. Throws DecryptionFailed if the ciphertext was changed, moved or encrypted with another key. */
  decrypt(ciphertext: string, context: EncryptionContext): string;
  /** A keyed digest, equal for equal kinds and inputs. Throws the TypeError of `canonicalJson`. */
  fingerprint(kind: string, input: unknown): string;
  /** A keyed digest, equal for equal principals and idempotency keys. */
  digestKey(principal: string, idempotencyKey: string): string;
  /** A keyed digest, equal for equal keys. */
  readonly checkValue: string;
}

/**
 * `encodedKey` is LEDGER_KEY: 32 bytes in standard base64. Another key neither decrypts ciphertexts of this one nor recognizes its
 * idempotency keys, so a key in use must not be replaced. Throws InvalidEncryptionKey.
 */
export function createEncryption(encodedKey: string): Encryption {
  const rootKey = Buffer.from(encodedKey, "base64");
  // Buffer.from skips characters that are not base64; the text must be the encoding of the bytes.
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
    if (version !== VERSION || body.length < NONCE_BYTES + TAG_BYTES) throw new Error("not an encrypted value");
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
