/** The credentials that the sandbox accepts. They are public, because they protect nothing. */
export const delbankCredentials = { apiKey: "sandbox-delbank-api-key", accountId: "10000" } as const;
