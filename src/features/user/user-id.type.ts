import { createTextScalar } from "../../platform/graphql/text-scalar";

const MAX_LENGTH = 64;
const PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** Whether a value of unknown origin (a representation, a claim) is a well-formed user id. */
export function isUserId(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_LENGTH && PATTERN.test(value);
}

export const UserId = createTextScalar({
  name: "UserId",
  description: "A member's id, as your company gave it: 1 to 64 letters, digits, `_` or `-`. For example `u-1001`.",
  rule: '1 to 64 letters, digits, "_" or "-"',
  maxLength: MAX_LENGTH,
  isValid: isUserId,
});
