import { createTextScalar } from "../../platform/graphql/text-scalar";
import { isUserId, USER_ID_MAX_LENGTH } from "./user-id";

export const UserId = createTextScalar({
  name: "UserId",
  description: "A member's ID, assigned by your company: 1 to 64 letters, digits, `_` or `-`. For example `u-1001`.",
  rule: '1 to 64 letters, digits, "_" or "-"',
  example: "u-1001",
  maxLength: USER_ID_MAX_LENGTH,
  isValid: isUserId,
});
