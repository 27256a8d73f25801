import { createHash } from "node:crypto";
import { type Caller } from "../../platform/auth/caller";
import { isUserId } from "../user/public";

/** Whose idempotency keys these are. A subject that is no member's id may be an e-mail address: the ledger gets its digest. */
export function toPrincipal({ userId }: Caller): string {
  return isUserId(userId) ? userId : `sha256:${createHash("sha256").update(userId).digest("base64url")}`;
}
