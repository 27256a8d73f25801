import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { canonicalJson } from "./canonical-json";
import { InvalidLedgerKey, SealBroken } from "./ledger.errors";

const KEY_BYTES = 32;
const CIPHER = "aes-256-gcm";
/** 96 random bits: good for 2^32 seals under one key (NIST SP 800-38D, 8.3). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = "v1";

/** What a sealed text belongs to: it opens only for the same row and the same purpose. */
export interface SealContext {
  readonly rowId: string;
  readonly purpose: "input" | "idempotencyKey" | "message";
}

/** Everything secret about stored operations and messages, under one key. Each use has a sub-key of its own. */
export interface Sealing {
  /** Encrypts and authenticates `plain`; every call gives another text. */
  seal(plain: string, context: SealContext): string;
  /** The text that was sealed. Throws SealBroken if it was changed, moved or sealed under another key. */
  open(sealed: string, context: SealContext): string;
  /** Equal for equal kinds and inputs (see `canonicalJson`, whose TypeError it throws), and tells nothing of them. */
  fingerprint(kind: string, input: unknown): string;
  /** The same for the same principal and idempotency key, and tells nothing of them. */
  digestKey(principal: string, idempotencyKey: string): string;
  /** Tells whether two processes have the same key, and nothing of the key. */
  readonly checkValue: string;
}

/**
 * `keyText` is LEDGER_KEY: 32 bytes in standard base64. Another key opens nothing sealed under this one and does not recognise its
 * idempotency keys, so a key in use is not replaced. Throws InvalidLedgerKey.
 */
export function createSealing(keyText: string): Sealing {
  const root = Buffer.from(keyText, "base64");
  // Buffer.from skips what is not base64; the text must be the very one the bytes encode to.
  if (root.length !== KEY_BYTES || root.toString("base64") !== keyText) throw new InvalidLedgerKey();
  const subKey = (use: string): Buffer =>
    Buffer.from(hkdfSync("sha256", root, "", `ledger/${VERSION}/${use}`, KEY_BYTES));
  const sealingKey = subKey("seal");
  const fingerprintKey = subKey("fingerprint");
  const digestKey = subKey("key-digest");
  return {
    seal: (plain, context) => seal(sealingKey, plain, context),
    open: (sealed, context) => open(sealingKey, sealed, context),
    fingerprint: (kind, input) => hmac(fingerprintKey, [kind, input]),
    digestKey: (principal, idempotencyKey) => hmac(digestKey, [principal, idempotencyKey]),
    checkValue: hmac(subKey("key-check"), ["LEDGER_KEY"]),
  };
}

function seal(key: Buffer, plain: string, context: SealContext): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(associatedData(context));
  const body = Buffer.concat([nonce, cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${VERSION}.${body.toString("base64url")}`;
}

function open(key: Buffer, sealed: string, context: SealContext): string {
  try {
    const [version, text = ""] = sealed.split(".", 2);
    const body = Buffer.from(text, "base64url");
    if (version !== VERSION || body.length < NONCE_BYTES + TAG_BYTES) throw new Error("not a sealed text");
    const decipher = createDecipheriv(CIPHER, key, body.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
      .setAAD(associatedData(context))
      .setAuthTag(body.subarray(-TAG_BYTES));
    return decipher.update(body.subarray(NONCE_BYTES, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
  } catch (error) {
    throw new SealBroken(context.rowId, error);
  }
}

function associatedData({ rowId, purpose }: SealContext): Buffer {
  return Buffer.from(canonicalJson([VERSION, rowId, purpose]));
}

// A list, not a concatenation: ("ab", "c") and ("a", "bc") must differ.
function hmac(key: Buffer, parts: readonly unknown[]): string {
  return createHmac("sha256", key).update(canonicalJson(parts)).digest("base64url");
}
