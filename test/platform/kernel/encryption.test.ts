import { randomBytes } from "node:crypto";
import { InvalidEncryptionKey, DecryptionFailed } from "../../../src/platform/kernel/encryption.errors";
import { createEncryption, type EncryptionContext } from "../../../src/platform/kernel/encryption";

const keyText = randomBytes(32).toString("base64");
const encryption = createEncryption(keyText);
const context: EncryptionContext = { rowId: "op-1", purpose: "input" };

test("an encrypted text is decrypted with the same key, in another process too", () => {
  const encrypted = encryption.encrypt("olá, Ana", context);
  expect(encrypted).toMatch(/^v1\.[\w-]+$/);
  expect(createEncryption(keyText).decrypt(encrypted, context)).toBe("olá, Ana");
});

test("equal texts are encrypted differently every time, and the result does not contain them", () => {
  const encrypted = Array.from({ length: 100 }, () => encryption.encrypt("secret-value", context));
  expect(new Set(encrypted).size).toBe(100);
  const nonces = encrypted.map((text) => Buffer.from(text.slice(3), "base64url").subarray(0, 12).toString("hex"));
  expect(new Set(nonces).size).toBe(100);
  expect(encrypted.some((text) => Buffer.from(text.slice(3), "base64url").includes("secret"))).toBe(false);
});

test("an encrypted text is not decrypted for another operation, another purpose or with another key", () => {
  const encrypted = encryption.encrypt("text", context);
  expect(() => encryption.decrypt(encrypted, { ...context, rowId: "op-2" })).toThrow(DecryptionFailed);
  expect(() => encryption.decrypt(encrypted, { ...context, purpose: "idempotencyKey" })).toThrow(DecryptionFailed);
  expect(() => createEncryption(randomBytes(32).toString("base64")).decrypt(encrypted, context)).toThrow(
    DecryptionFailed,
  );
});

test("an encrypted text with one changed bit, a missing end or another version is not decrypted", () => {
  const encrypted = encryption.encrypt("text", context);
  const body = Buffer.from(encrypted.slice(3), "base64url");
  for (let bit = 0; bit < body.length * 8; bit += 1) {
    const changed = Buffer.from(body);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(() => encryption.decrypt(`v1.${changed.toString("base64url")}`, context)).toThrow(DecryptionFailed);
  }
  for (const text of [
    "",
    "v1",
    "v1.",
    encrypted.slice(0, -4),
    encrypted.slice(0, 20),
    encrypted.replace("v1", "v2"),
    "text",
  ]) {
    expect(() => encryption.decrypt(text, context)).toThrow(DecryptionFailed);
  }
});

test("fingerprints depend on kind, input and key, not on the order of members", () => {
  const print = encryption.fingerprint("pay", { a: 1, b: 2 });
  expect(encryption.fingerprint("pay", { b: 2, a: 1, c: undefined })).toBe(print);
  const others = [
    encryption.fingerprint("refund", { a: 1, b: 2 }),
    encryption.fingerprint("pay", { a: 1, b: 3 }),
    encryption.fingerprint("pay", { a: "1", b: 2 }),
    createEncryption(randomBytes(32).toString("base64")).fingerprint("pay", { a: 1, b: 2 }),
  ];
  expect(new Set([print, ...others]).size).toBe(5);
});

test("the digest of an idempotency key depends on its principal, wherever the two texts are split, and is no fingerprint", () => {
  const digests = [
    encryption.digestKey("ana", "key"),
    encryption.digestKey("anak", "ey"),
    encryption.digestKey("an", "akey"),
    encryption.digestKey('ana","', "key"),
    encryption.digestKey("bea", "key"),
    encryption.fingerprint("ana", "key"),
  ];
  expect(new Set(digests).size).toBe(digests.length);
  expect(createEncryption(keyText).digestKey("ana", "key")).toBe(digests[0]);
});

test.each([
  ["empty", ""],
  ["31 bytes", randomBytes(31).toString("base64")],
  ["33 bytes", randomBytes(33).toString("base64")],
  ["not base64", "!".repeat(44)],
  ["with a space", ` ${keyText}`],
  ["hexadecimal", randomBytes(32).toString("hex")],
])("an encryption key that is %s is rejected, and the error does not repeat it", (_, text) => {
  expect(() => createEncryption(text)).toThrow(InvalidEncryptionKey);
  try {
    createEncryption(text);
  } catch (error) {
    if (text !== "") expect(String(error)).not.toContain(text);
  }
});
