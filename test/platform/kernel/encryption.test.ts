import { randomBytes } from "node:crypto";
import { InvalidEncryptionKey, DecryptionFailed } from "../../../src/platform/kernel/encryption.errors";
import { createEncryption, type EncryptionContext } from "../../../src/platform/kernel/encryption";

const keyText = randomBytes(32).toString("base64");
const sealing = createEncryption(keyText);
const context: EncryptionContext = { rowId: "op-1", purpose: "input" };

test("what was sealed opens again, in another process with the same key too", () => {
  const sealed = sealing.encrypt("olá, Ana", context);
  expect(sealed).toMatch(/^v1\.[\w-]+$/);
  expect(createEncryption(keyText).decrypt(sealed, context)).toBe("olá, Ana");
});

test("equal texts are sealed differently every time, and show nothing of the text", () => {
  const sealed = Array.from({ length: 100 }, () => sealing.encrypt("secret-value", context));
  expect(new Set(sealed).size).toBe(100);
  const nonces = sealed.map((text) => Buffer.from(text.slice(3), "base64url").subarray(0, 12).toString("hex"));
  expect(new Set(nonces).size).toBe(100);
  expect(sealed.some((text) => Buffer.from(text.slice(3), "base64url").includes("secret"))).toBe(false);
});

test("it opens for no other operation, no other purpose and under no other key", () => {
  const sealed = sealing.encrypt("text", context);
  expect(() => sealing.decrypt(sealed, { ...context, rowId: "op-2" })).toThrow(DecryptionFailed);
  expect(() => sealing.decrypt(sealed, { ...context, purpose: "idempotencyKey" })).toThrow(DecryptionFailed);
  expect(() => createEncryption(randomBytes(32).toString("base64")).decrypt(sealed, context)).toThrow(DecryptionFailed);
});

test("a change of any single bit, a shorter text and another version are refused", () => {
  const sealed = sealing.encrypt("text", context);
  const body = Buffer.from(sealed.slice(3), "base64url");
  for (let bit = 0; bit < body.length * 8; bit += 1) {
    const changed = Buffer.from(body);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(() => sealing.decrypt(`v1.${changed.toString("base64url")}`, context)).toThrow(DecryptionFailed);
  }
  for (const text of ["", "v1", "v1.", sealed.slice(0, -4), sealed.slice(0, 20), sealed.replace("v1", "v2"), "text"]) {
    expect(() => sealing.decrypt(text, context)).toThrow(DecryptionFailed);
  }
});

test("fingerprints depend on kind, input and key, not on the order of members", () => {
  const print = sealing.fingerprint("pay", { a: 1, b: 2 });
  expect(sealing.fingerprint("pay", { b: 2, a: 1, c: undefined })).toBe(print);
  const others = [
    sealing.fingerprint("refund", { a: 1, b: 2 }),
    sealing.fingerprint("pay", { a: 1, b: 3 }),
    sealing.fingerprint("pay", { a: "1", b: 2 }),
    createEncryption(randomBytes(32).toString("base64")).fingerprint("pay", { a: 1, b: 2 }),
  ];
  expect(new Set([print, ...others]).size).toBe(5);
});

test("a key's digest depends on whose key it is, however the two texts are cut, and is no fingerprint", () => {
  const digests = [
    sealing.digestKey("ana", "key"),
    sealing.digestKey("anak", "ey"),
    sealing.digestKey("an", "akey"),
    sealing.digestKey('ana","', "key"),
    sealing.digestKey("bea", "key"),
    sealing.fingerprint("ana", "key"),
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
])("a key that is %s is refused, and not repeated", (_, text) => {
  expect(() => createEncryption(text)).toThrow(InvalidEncryptionKey);
  try {
    createEncryption(text);
  } catch (error) {
    if (text !== "") expect(String(error)).not.toContain(text);
  }
});
