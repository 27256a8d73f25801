import { randomBytes } from "node:crypto";

/** Variables that live mode demands, so that it works with the simulated providers; callers and router are up to the test. */
export function liveVariables(avibraUrl: string): Record<string, string> {
  return {
    ALLOW_PLAIN_HTTP: "true",
    AVIBRA_TOKEN_URL: `${avibraUrl}/oauth2/token`,
    AVIBRA_CLIENT_ID: "sandbox-client",
    AVIBRA_CLIENT_SECRET: "sandbox-client-secret",
    AVIBRA_SCOPE: "partner/api",
    AVIBRA_API_KEY: "sandbox-avibra-api-key",
    AVIBRA_PARTNER_NAME: "sandbox-partner",
    AVIBRA_LINK_USERNAME: "sandbox-link",
    AVIBRA_LINK_PASSWORD: "sandbox-link-password",
    AVIBRA_PORTAL_URL: `${avibraUrl}/portal`,
    AVIBRA_WEBHOOK_USERNAME: "sandbox-webhook",
    AVIBRA_WEBHOOK_PASSWORD: "sandbox-webhook-password",
    DELBANK_API_KEY: "sandbox-delbank-api-key",
    DELBANK_ACCOUNT_ID: "10000",
    LEDGER_KEY: randomBytes(32).toString("base64"),
  };
}
