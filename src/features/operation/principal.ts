import { createHash } from "node:crypto";
import { type Caller } from "../../platform/auth/caller";
import { isUserId } from "../user/public";

/** The namespace of a caller's idempotency keys. A user ID that is not well-formed may be personal data, so it is hashed. */
export function toPrincipal({ userId }: Pick<Caller, "userId">): string {
  return isUserId(userId) ? userId : `sha256:${createHash("sha256").update(userId).digest("base64url")}`;
}
