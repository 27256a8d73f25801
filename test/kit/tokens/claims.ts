import { MEMBER_ID, PAYER_TAX_ID } from "../seeds/ids";

/** Claims of a token; `scope` lists scopes, separated by spaces. */
export type Claims = Readonly<Record<string, string>>;

/** Member u-1001, who may read and write for every member: for tests that are not about access. */
export const STAFF_CLAIMS = { sub: MEMBER_ID, scope: "users:read:any users:write:any pix:read:any" };
/** Member u-1001 as the payer of `RECURRENCE_ID`, with the scopes that the mutations need. */
export const PAYER_CLAIMS = {
  sub: MEMBER_ID,
  tax_id: PAYER_TAX_ID,
  scope: "pix:cancel users:read:any users:write:any",
};
