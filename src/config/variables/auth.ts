import { z } from "zod";
import { httpUrl, secretList } from "../values";
import { variable, type ValuesOf } from "../variable";

export type AuthConfig = ValuesOf<typeof authVariables>;

/** Who may send requests: the router by its secret, callers by their tokens. */
export const authVariables = {
  routerSecrets: variable(
    "ROUTER_SECRETS",
    secretList.default([]),
    "comma list; the header `Router-Authorization` must equal one of them",
  ),
  jwksUrl: variable(
    "AUTH_JWKS_URL",
    httpUrl.optional(),
    "URL of the key set that verifies callers' tokens; if not set, the sandbox signs tokens itself",
  ),
  issuer: variable("AUTH_ISSUER", z.string(), "required issuer (`iss`) of a token"),
  audience: variable("AUTH_AUDIENCE", z.string(), "required audience (`aud`) of a token"),
  userClaim: variable("AUTH_USER_CLAIM", z.string().default("sub"), "name of the claim with the user ID"),
  taxIdClaim: variable("AUTH_TAX_ID_CLAIM", z.string().default("tax_id"), "name of the claim with the tax ID"),
};
