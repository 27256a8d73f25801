import { z } from "zod";
import { addressList, basicUsername, commaList, headerText, httpUrl, integer, timeoutMs } from "../../config/values";
import { type SandboxDefaults, variable, type ValuesOf } from "../../config/variable";

const SANDBOX_PORT = 4101;

export type AvibraConfig = ValuesOf<typeof avibraVariables>;

export const avibraVariables = {
  sandboxPort: variable("AVIBRA_SANDBOX_PORT", integer(1, 65_535, SANDBOX_PORT), "port of the simulated Avibra"),
  baseUrl: variable("AVIBRA_BASE_URL", httpUrl, "base URL of Avibra's REST API"),
  tokenUrl: variable("AVIBRA_TOKEN_URL", httpUrl, "URL of Avibra's OAuth token endpoint"),
  clientId: variable("AVIBRA_CLIENT_ID", z.string(), "OAuth client ID"),
  clientSecret: variable("AVIBRA_CLIENT_SECRET", z.string(), "OAuth client secret"),
  scope: variable("AVIBRA_SCOPE", z.string(), "OAuth scope"),
  apiKey: variable("AVIBRA_API_KEY", headerText, "value of the header `x-api-key`, sent with writes and link tokens"),
  partnerName: variable("AVIBRA_PARTNER_NAME", z.string(), "your company's name at Avibra"),
  linkUsername: variable("AVIBRA_LINK_USERNAME", basicUsername, "Basic username of the link token endpoint"),
  linkPassword: variable("AVIBRA_LINK_PASSWORD", z.string(), "Basic password of the link token endpoint"),
  portalUrl: variable("AVIBRA_PORTAL_URL", httpUrl, "URL of the portal that a link token opens"),
  webhookUsername: variable("AVIBRA_WEBHOOK_USERNAME", basicUsername, "Basic username that Avibra sends with events"),
  webhookPasswords: variable(
    "AVIBRA_WEBHOOK_PASSWORD",
    commaList,
    "comma list of passwords; Avibra must send one of them with events",
  ),
  webhookAddresses: variable(
    "AVIBRA_WEBHOOK_ADDRESSES",
    addressList.default([]),
    "comma list of addresses and networks (CIDR) that may send events; if not set, any may",
  ),
  timeoutMs: variable("AVIBRA_TIMEOUT_MS", timeoutMs(5000), "maximum time of one call to Avibra, in milliseconds"),
  concurrency: variable("AVIBRA_CONCURRENCY", integer(1, 1000, 50), "maximum number of calls to Avibra in flight"),
};

/** Not secrets: the simulated Avibra prints them. */
export const getAvibraSandboxDefaults: SandboxDefaults = (environment) => {
  const origin = `http://127.0.0.1:${environment["AVIBRA_SANDBOX_PORT"] ?? SANDBOX_PORT}`;
  return {
    AVIBRA_BASE_URL: origin,
    AVIBRA_TOKEN_URL: `${(environment["AVIBRA_BASE_URL"] ?? origin).replace(/\/$/, "")}/oauth2/token`,
    AVIBRA_CLIENT_ID: "sandbox-client",
    AVIBRA_CLIENT_SECRET: "sandbox-client-secret",
    AVIBRA_SCOPE: "partner/api",
    AVIBRA_API_KEY: "sandbox-avibra-api-key",
    AVIBRA_PARTNER_NAME: "sandbox-partner",
    AVIBRA_LINK_USERNAME: "sandbox-link",
    AVIBRA_LINK_PASSWORD: "sandbox-link-password",
    AVIBRA_PORTAL_URL: `${origin}/portal`,
    AVIBRA_WEBHOOK_USERNAME: "sandbox-webhook",
    AVIBRA_WEBHOOK_PASSWORD: "sandbox-webhook-password",
  };
};
