import { createTextScalar } from "../../platform/graphql/text-scalar";

export const IdempotencyKey = createTextScalar({
  name: "IdempotencyKey",
  description:
    "Your own name for one press of the button, 1 to 255 visible ASCII characters, for example a UUID. The same key with " +
    "the same input never has a second effect and answers what became of the first. Keys of different callers are independent.",
  rule: "1 to 255 visible ASCII characters",
  maxLength: 255,
  isValid: (text) => /^[\x21-\x7e]{1,255}$/.test(text),
});
