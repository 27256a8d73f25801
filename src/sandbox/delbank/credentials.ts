/** What the sandbox accepts. Public on purpose: nothing real stands behind it. */
export const delbankCredentials = { apiKey: "sandbox-delbank-api-key", accountId: "10000" } as const;
