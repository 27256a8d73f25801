import { createTextScalar } from "../../platform/graphql/text-scalar";

export const IdempotencyKey = createTextScalar({
  name: "IdempotencyKey",
  description:
    "A client-generated key that identifies a request: 1 to 255 visible ASCII characters, for example a UUID. The " +
    "same key with the same input returns the outcome of the first request and never has a second effect. Keys of " +
    "different callers are independent.",
  rule: "1 to 255 visible ASCII characters",
  example: "6f1c2f6e-3b0a-4c55-9d53-0e8f0b1f8a11",
  maxLength: 255,
  isValid: (text) => /^[\x21-\x7e]{1,255}$/.test(text),
});
