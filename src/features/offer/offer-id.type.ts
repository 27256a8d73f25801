import { createTextScalar } from "../../platform/graphql/text-scalar";

const PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

export const OfferId = createTextScalar({
  name: "OfferId",
  description: "An offer's ID: 1 to 64 letters, digits, `_` or `-`. For example `premium`.",
  rule: '1 to 64 letters, digits, "_" or "-"',
  example: "premium",
  maxLength: 64,
  isValid: (text) => PATTERN.test(text),
});
