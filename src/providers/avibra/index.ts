import { createAddressCheck } from "../../platform/auth/address-check";
import { createBasicAuthCheck } from "../../platform/auth/basic-auth-check";
import { type ConnectHost } from "../../platform/http/client/provider-host";
import { type MonotonicClock } from "../../platform/kernel/monotonic-clock";
import { createAvibraClient, TOKEN_ENDPOINT } from "./avibra.client";
import * as endpoints from "./endpoints";
import { type AvibraConfig, avibraVariables, getAvibraSandboxDefaults } from "./variables";

function create(config: AvibraConfig, connect: ConnectHost, { monotonic }: { readonly monotonic: MonotonicClock }) {
  const { baseUrl, tokenUrl, concurrency, timeoutMs } = config;
  const { clientId, clientSecret, scope, apiKey, partnerName, linkUsername, linkPassword } = config;
  const { origin, pathname, search } = new URL(tokenUrl);
  return createAvibraClient({
    http: connect({ name: "avibra", baseUrl, concurrency, timeoutMs }),
    tokenHttp: connect({ name: "avibraToken", baseUrl: origin, concurrency: 1, timeoutMs, isShared: true }),
    tokenPath: pathname + search,
    credentials: { clientId, clientSecret, scope, apiKey, partnerName, linkUsername, linkPassword },
    timeoutMs,
    monotonic,
  });
}

/** Avibra Integration API 1.0.2: members, offers, benefits; and its events. */
export const avibra = {
  variables: avibraVariables,
  sandboxDefaults: getAvibraSandboxDefaults,
  create,
  endpointNames: [...Object.values(endpoints).map(({ name }) => name), TOKEN_ENDPOINT],
  webhook: {
    path: "/webhooks/avibra",
    /** Who may send events. */
    createChecks: (config: Pick<AvibraConfig, "webhookAddresses" | "webhookUsername" | "webhookPasswords">) => ({
      isAllowedAddress: createAddressCheck(config.webhookAddresses),
      isAuthorized: createBasicAuthCheck(config.webhookUsername, config.webhookPasswords),
    }),
  },
};
