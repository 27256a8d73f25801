/** What the sandbox accepts. Public on purpose: nothing real stands behind it. */
export const avibraCredentials = {
  clientId: "sandbox-client",
  clientSecret: "sandbox-client-secret",
  scope: "partner/api",
  apiKey: "sandbox-avibra-api-key",
  linkUsername: "sandbox-link",
  linkPassword: "sandbox-link-password",
  partnerName: "sandbox-partner",
} as const;
