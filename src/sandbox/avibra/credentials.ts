/** The credentials that the sandbox accepts. They are public, because they protect nothing. */
export const avibraCredentials = {
  clientId: "sandbox-client",
  clientSecret: "sandbox-client-secret",
  scope: "partner/api",
  apiKey: "sandbox-avibra-api-key",
  linkUsername: "sandbox-link",
  linkPassword: "sandbox-link-password",
  partnerName: "sandbox-partner",
} as const;
