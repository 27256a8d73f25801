import { CloseCode } from "graphql-ws";

// cspell:ignore Initialisation

// A close frame has at most 123 bytes for its reason.
export const TOKEN_MISSING = "A bearer token is required, in connection_init or in the Authorization header.";
export const SECRET_NOT_VALID =
  "The router's secret is required, in connection_init or in the header Router-Authorization.";
export const TOKEN_NOT_VALID = "The bearer token is not valid: it is malformed, expired, or from another issuer.";

/** Replaces reasons of graphql-ws that do not say what to change. */
export const CLOSE_REASONS: Readonly<Partial<Record<number, string>>> = {
  [CloseCode.Unauthorized]: "The first subscribe must wait for connection_ack.",
  [CloseCode.TooManyInitialisationRequests]: "connection_init must be sent only once on a connection.",
};
