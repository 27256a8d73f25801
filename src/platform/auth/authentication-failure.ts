import { errors } from "jose";

/** Why a request was refused with 401: constants, for logs and metrics. */
export const AUTHENTICATION_FAILURES = [
  "router_secret_missing",
  "router_secret_wrong",
  "client_certificate_missing",
  "webhook_credentials",
  "token_malformed",
  "token_expired",
  "token_not_yet_valid",
  "token_audience",
  "token_issuer",
  "token_key",
  "token_claims",
] as const;
export type AuthenticationFailure = (typeof AUTHENTICATION_FAILURES)[number];

const CLAIM_FAILURES: Readonly<Record<string, AuthenticationFailure>> = {
  aud: "token_audience",
  iss: "token_issuer",
  nbf: "token_not_yet_valid",
};

/** Classifies what jose's `jwtVerify` threw. The error itself can hold the claims. */
export function classifyTokenError(error: unknown): AuthenticationFailure {
  if (error instanceof errors.JWTExpired) return "token_expired";
  if (error instanceof errors.JWTClaimValidationFailed) return CLAIM_FAILURES[error.claim] ?? "token_claims";
  const isKey =
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported;
  return isKey ? "token_key" : "token_malformed";
}
