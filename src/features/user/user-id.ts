export const USER_ID_MAX_LENGTH = 64;
const PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** Whether a value of unknown origin (a representation, a claim) is a well-formed user ID. */
export function isUserId(value: unknown): value is string {
  return typeof value === "string" && value.length <= USER_ID_MAX_LENGTH && PATTERN.test(value);
}
