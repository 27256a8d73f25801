import { endpoint } from "../../platform/http/client/endpoint";
import { path } from "../../platform/http/client/path";
import { Accepted, LinkToken } from "./avibra.wire";
import { MemberBenefits } from "./benefits.wire";

// Avibra Integration API 1.0.2. The token endpoint has a configured path: see avibra.client.ts.

/** Creates the user's account. */
export const createUser = endpoint({
  name: "avibra.user.create",
  method: "POST",
  path: () => "/user/account/create",
  repeat: "keyed",
  response: Accepted,
});

/** Changes names, e-mail or phone. */
export const updateUser = endpoint({
  name: "avibra.user.update",
  method: "POST",
  path: () => "/user/account/update",
  repeat: "keyed",
  response: Accepted,
});

/** Cancels the user's offer: the partner is no longer billed for it. A DELETE that moves money, so never `safe`. */
export const cancelUser = endpoint({
  name: "avibra.user.cancel",
  method: "DELETE",
  path: (userId: string) => path`/user/account/cancel/${userId}`,
  repeat: "keyed",
  response: Accepted,
});

/** Sends a member's profile before enrollment. Avibra refuses a key that was used for an existing entry with 409. */
export const prefillUser = endpoint({
  name: "avibra.user.prefill",
  method: "POST",
  path: () => "/user/prefill",
  repeat: "keyed",
  response: Accepted,
});

/** Creates a one-time token for the portal's URL: a new one each time, so `safe`. */
export const createLinkToken = endpoint({
  name: "avibra.user.link",
  method: "POST",
  path: () => "/user/linktoken3",
  repeat: "safe",
  response: LinkToken,
});

/** Moves the user to another offer (path and body assumed). */
export const changeOffer = endpoint({
  name: "avibra.offers.change",
  method: "POST",
  path: () => "/user/offers",
  repeat: "keyed",
  response: Accepted,
});

/** Lists the benefits, current offer and available offers of one user. */
export const listBenefits = endpoint({
  name: "avibra.benefits.list",
  method: "GET",
  path: (userId: string) => path`/user/benefits/${userId}`,
  repeat: "safe",
  response: MemberBenefits,
  matches: (benefits, userId) => benefits.userId === userId,
});
