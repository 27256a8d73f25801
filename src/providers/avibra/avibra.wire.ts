import { z } from "zod";

// Tokens become a header or part of a URL.
const AccessToken = z.string().regex(/^[\x21-\x7e]{1,8192}$/);
const OneTimeToken = z.string().regex(/^[\x21-\x7e]{1,4096}$/);

/** Response of the token endpoint. `expires_in` is not validated here; see `computeUsableMs`. */
export const TokenGrant = z
  .object({ access_token: AccessToken, expires_in: z.union([z.number(), z.string()]).optional().catch(undefined) })
  .transform(({ access_token, expires_in }) => ({ token: access_token, lifetimeSeconds: Number(expires_in) }));
export type TokenGrant = z.output<typeof TokenGrant>;

/** `linktokenesponseInfo` (spelt so by the provider; member name assumed). */
export const LinkToken = z.object({ linktoken: OneTimeToken }).transform(({ linktoken }) => linktoken);

/** Success of a write: documented as the bare JSON string "Successful" for one endpoint; any JSON except an `errorInfo` is accepted. */
export const Accepted = z
  .unknown()
  .refine((json) => !(typeof json === "object" && json !== null && "errorcode" in json), "an error with status 200")
  .transform(() => true as const);

/** A member's postal address; every part optional. */
export interface Address {
  readonly line1?: string | undefined;
  readonly line2?: string | undefined;
  readonly city?: string | undefined;
  readonly state?: string | undefined;
  readonly postalCode?: string | undefined;
  readonly country?: string | undefined;
}

/** A member's profile as sent to Avibra. */
export interface MemberProfile {
  readonly userId: string;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly email?: string | undefined;
  readonly phone?: string | undefined;
  /** `YYYY-MM-DD` */
  readonly birthDate?: string | undefined;
  readonly address?: Address | undefined;
  readonly offerId?: string | undefined;
}

/** `userInfo`, `updateuserInfo` and `prefillInfo`: members that are undefined are left out of the JSON. */
export function toProfileBody(profile: MemberProfile, partnerName: string) {
  const { address } = profile;
  return {
    userid: profile.userId,
    partnername: partnerName,
    firstname: profile.firstName,
    lastname: profile.lastName,
    email: profile.email,
    phone: profile.phone,
    dateofbirth: profile.birthDate,
    address: address && {
      addressline1: address.line1,
      addressline2: address.line2,
      city: address.city,
      state: address.state,
      zipcode: address.postalCode,
      country: address.country,
    },
    offerid: profile.offerId,
  };
}

/** `userofferInfos` (assumed). */
export interface OfferChange {
  readonly userId: string;
  readonly offerId: string;
  readonly direction: "UPGRADE" | "DOWNGRADE";
}

export function toOfferChangeBody({ userId, offerId, direction }: OfferChange, partnerName: string) {
  return { userid: userId, partnername: partnerName, offers: [{ offerid: offerId, action: direction }] };
}
