import { randomBytes } from "node:crypto";
import { avibraCredentials } from "../../../src/sandbox/avibra/credentials";
import { delbankCredentials } from "../../../src/sandbox/delbank/credentials";
import { findCanaries } from "./canaries";

/** What must be nowhere: each names its origin. */
export const SECRETS = {
  routerSecret: "cnry-router-secret-41-of-32-and-more",
  jwksQuery: "cnry-jwks-query-42",
  clientSecret: avibraCredentials.clientSecret,
  avibraApiKey: avibraCredentials.apiKey,
  linkPassword: avibraCredentials.linkPassword,
  webhookPassword: "cnry-webhook-password-43",
  delbankApiKey: delbankCredentials.apiKey,
  delbankAuthorization: "cnry-delbank-authorization-44",
  ledgerKey: randomBytes(32).toString("base64"),
  databasePassword: "cnry-database-password-45",
};
export const PERSON = {
  firstName: "Cnryfirst",
  lastName: "Cnrylast",
  email: "cnry-email@cnry-host.example",
  phone: "+5511900099887",
  birthDate: "1971-03-29",
  line1: "Cnryline One 1",
  line2: "Cnryline Two 2",
  city: "Cnrycity",
  state: "Cnrystate",
  postalCode: "cnry-postal",
  country: "Cnrycountry",
  payerTaxId: "04623217035",
  payerTaxIdOnWire: "4623217035",
  companyTaxId: "12345678000195",
  nonMemberSubject: "cnry-subject@cnry-host.example",
  claim: "cnry-other-claim",
};
/** In inputs that are refused, and where nothing is expected to be. */
export const REJECTED = {
  argument: "cnry argument!",
  variable: "cnry-unused-variable",
  fieldName: "cnryFieldNameInAVariable",
  literal: "cnry-literal",
  bodyMember: "cnry-body-member",
  malformed: "cnry-malformed-json",
  tooLarge: "cnry-too-large",
  contentType: "cnry-content-type",
  notFound: "cnry-not-found-path",
  query: "cnry-query-string",
  header: "cnry-some-header",
  malformedRequestId: "cnry request id!",
  extension: "cnry-extension",
  webhookDetail: "cnry-webhook-detail",
  webhookKey: "cnry-webhook-key",
  webhookMalformed: "cnry-webhook-malformed",
  wrongWebhookPassword: "cnry-wrong-webhook-password",
  wrongRouterSecret: "cnry-wrong-router-secret",
  wrongToken: "cnry-wrong-token",
};
/** In responses of providers and of the key server. */
export const PROVIDER_VALUES = {
  errorBody: "cnry-provider-error-body",
  html: "cnry-provider-html",
  header: "cnry-provider-header",
  tokenError: "cnry-token-endpoint-error",
  jwksError: "cnry-jwks-error",
};
/**
 * What a response may contain, because the same caller has sent it or may read it: their idempotency key, and in a document's own
 * words its names. Not in the log, nor in the database.
 */
export const ECHOED = { idempotencyKey: "cnry-idempotency-key", documentName: "cnryNameInTheDocument" };
export const FORBIDDEN_VALUES = { ...SECRETS, ...PERSON, ...REJECTED, ...PROVIDER_VALUES };

/** The origins of what is found. A caller's well-formed `x-request-id` is meant for both responses and log, and is not among them. */
export function findCanaryOrigins(text: string, canaries: Readonly<Record<string, string>>): string[] {
  const values = findCanaries(text, Object.values(canaries));
  return Object.entries(canaries).flatMap(([origin, value]) => (values.includes(value) ? [origin] : []));
}

export const PERSONAL_INPUT: Readonly<Record<string, Readonly<Record<string, unknown>>>> = (() => {
  const { firstName, lastName, email, phone, birthDate, line1, line2, city, state, postalCode, country } = PERSON;
  const names = { firstName, lastName, email, phone };
  const whole = { ...names, birthDate, address: { line1, line2, city, state, postalCode, country } };
  return { createUser: whole, prefillUser: whole, updateUser: names };
})();
